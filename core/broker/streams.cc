// SPDX-License-Identifier: Apache-2.0
//
// Signalling over TCP: bytes into messages, one message at a time.
#include <chrono>
#include <utility>

#include "core/broker/impl.h"

namespace tsp {
namespace {

// Between the moment the peer's host has acknowledged the first half of a two-part answer and the second: the client
// must have read the first. Old clients hang for ever if one recv() gives them both.
constexpr Duration kReadingTime = std::chrono::milliseconds(200);

}  // namespace

std::optional<std::string_view> Broker::Impl::stream_obstacle(const FourTuple& path) {
  if (stopping_) return "tspd is stopping";
  if (sessions_.streams() >= config_->streams_max) return "limits.streams_max";
  if (sessions_.streams_from(path.remote.address) >= config_->streams_per_source_max) {
    return "limits.streams_per_source_max";
  }
  if (!may_greet(path)) return "limits.hello_per_source_per_second or limits.hello_per_network_per_second";
  return std::nullopt;
}

void Broker::Impl::on(const StreamOpened& fact) {
  if (const auto why = stream_obstacle(fact.path)) {
    report(Event{.code = EventCode::SessionRefused, .path = fact.path, .detail = std::string(*why)});
    order(CloseStream{.stream = fact.stream});
    return;
  }
  Session& session = sessions_.add(session::Transport::Stream, fact.path, fact.stream,
                                   dialogue_options(session::Transport::Stream, fact.path), now_.mono);
  ++counters_.sessions_started;
  sessions_.set_deadline(session, now_.mono + config_->stream_timeout);
}

void Broker::Impl::on(const StreamBytesArrived& fact) {
  Session* session = sessions_.by_stream(fact.stream);
  if (session == nullptr) return;
  if (!session->stream->framer.append(fact.bytes)) {
    act(*session, session->dialogue.on_framing_error());
    return;
  }
  runnable_streams_.insert(session->id);
}

// Works on what has arrived until an answer has to wait.
void Broker::Impl::pump(SessionId id) {
  runnable_streams_.erase(id);
  Session* session = sessions_.find(id);
  while (session != nullptr && !session->busy && !session->stream->late_reply) {
    const bool greeting = session->dialogue.state() == session::State::Start;
    auto message = session->stream->framer.next(session->dialogue.stream_mode());
    if (message && !*message) return;  // incomplete
    session->message_at = now_.mono;
    session->busy = true;
    if (!session->tunnel) sessions_.set_deadline(*session, now_.mono + config_->stream_timeout);
    std::optional<std::string> refusal;
    if (message && greeting) refusal = greeting_refusal(session::Transport::Stream, session->path, **message);
    if (!message) {
      act(*session, session->dialogue.on_framing_error());
    } else if (refusal) {
      answer(*session, *std::move(refusal), true);
    } else {
      act(*session, session->dialogue.on_message(**message));
    }
    session = sessions_.find(id);
  }
}

void Broker::Impl::on(const StreamDrained& fact) {
  Session* session = sessions_.by_stream(fact.stream);
  if (session == nullptr || !session->stream->late_reply) return;
  session->stream->late_reply->drained = true;
  late_replies_.set(session->id, now_.mono + kReadingTime);
}

void Broker::Impl::send_late_replies() {
  while (const auto id = late_replies_.take_due(now_.mono)) {
    Session* session = sessions_.find(*id);
    if (session == nullptr || !session->stream->late_reply) continue;
    const std::string text = std::move(session->stream->late_reply->text);
    session->stream->late_reply.reset();
    answer(*session, text);
  }
}

void Broker::Impl::on(const StreamClosed& fact) {
  // A tunnel that was set up over the stream lives on: it ends when it is idle, like any other.
  if (Session* session = sessions_.by_stream(fact.stream)) end_session(*session);
}

}  // namespace tsp
