// SPDX-License-Identifier: Apache-2.0
//
// Between a conversation and the rest of the broker: doing what a message leads to, and answering it.
#include <utility>

#include "core/base/assert.h"
#include "core/base/hex.h"
#include "core/base/overloaded.h"
#include "core/broker/impl.h"

namespace tsp {
namespace {

std::string refusal_text(unsigned code, std::string_view title, std::string_view why) {
  std::string text = std::to_string(code) + " " + std::string(title);
  if (!why.empty()) text.append(": ").append(why);
  return text;
}

}  // namespace

session::DialogueOptions Broker::Impl::dialogue_options(session::Transport transport, const FourTuple& path) {
  session::DialogueOptions options{.realm = config_->realm, .nonce = {}, .types = {}, .mechanisms = {}};
  std::array<std::uint8_t, 16> nonce{};
  random_.fill(nonce);
  options.nonce = to_hex(nonce);
  if (path.remote.is_ipv4()) {
    if (config_->serves(TunnelType::V6V4)) options.types.push_back(TunnelType::V6V4);
    if (config_->serves(TunnelType::V6UdpV4) && transport == session::Transport::Datagram)
      options.types.push_back(TunnelType::V6UdpV4);
  } else if (config_->serves(TunnelType::V4V6)) {
    options.types.push_back(TunnelType::V4V6);
  }
  if (config_->auth_anonymous) options.mechanisms.push_back(AuthMechanism::Anonymous);
  if (config_->auth_plain) options.mechanisms.push_back(AuthMechanism::Plain);
  if (config_->auth_digest_md5) options.mechanisms.push_back(AuthMechanism::DigestMd5);
  return options;
}

void Broker::Impl::act(Session& session, session::Action action) {
  switch (session.dialogue.take_auth_outcome()) {
    case session::AuthOutcome::None:
      break;
    case session::AuthOutcome::Succeeded:
      ++counters_.auth_succeeded;
      break;
    case session::AuthOutcome::Failed:
      authentication_failed(session.path, session.dialogue.login(), session.dialogue.auth_failure());
      break;
  }
  std::visit(Overloaded{
                 [&](session::Answer& what) {
                   if (!what.fault.empty()) report_bad_request(session, wire::Status::InvalidRequest, what.fault);
                   answer(session, std::move(what.text), what.close);
                 },
                 [&](session::AnswerTwice& what) {
                   order(SendStream{.stream = session.stream->id,
                                    .bytes = Bytes(what.first.begin(), what.first.end()),
                                    .report_drained = true});
                   session.stream->late_reply = session::LateReply{.text = std::move(what.second)};
                 },
                 [&](const session::Ignore&) {
                   ++counters_.datagrams_ignored;
                   session.busy = false;
                 },
                 [&](session::LookUpAccount& what) { look_up_account(session, std::move(what.login)); },
                 [&](const wire::CreateRequest& request) { create(session, request); },
                 [&](const wire::AcceptRequest&) { accept(session); },
                 [&](const wire::RejectRequest&) { reject(session); },
                 [&](const wire::DeleteRequest&) { remove_by_client(session); },
                 [&](const wire::InfoRequest&) { inform(session); },
             },
             action);
}

void Broker::Impl::look_up_account(Session& session, std::string login) {
  const SessionId id = session.id;
  if (const auto limit = authentication_limit(session.path, login)) {
    // Too many failures: the answer is that of a wrong password, without the work.
    report_authentication(session.path, login, *limit);
    act(session, session.dialogue.on_store_failure());
    return;
  }
  const auto then = [this, id](const StoreDone& done) {
    Session* asker = sessions_.find(id);
    if (asker == nullptr) return;
    if (done.status != StoreStatus::Done) {
      report_authentication(asker->path, asker->dialogue.login(), "the store is not available");
      act(*asker, asker->dialogue.on_store_failure());
    } else {
      const bool found = !done.accounts.empty();
      act(*asker, asker->dialogue.on_account(found ? std::optional(done.accounts.front()) : std::nullopt));
    }
  };
  ask_store(FindAccount{.op = {}, .login = std::move(login)}, then, patience(session));
}

// Failures are counted for an account and a source together, so that nobody can lock an account's owner out.
std::optional<std::string_view> Broker::Impl::authentication_limit(const FourTuple& path, std::string_view login) {
  const std::uint64_t source = source_key(path.remote.address);
  const std::uint64_t both = StateHash().add(login).add(source).value();
  if (!auth_failures_per_source_.available(source, now_.mono)) return "limits.auth_failures_per_source_per_second";
  if (!auth_failures_per_account_.available(both, now_.mono)) return "limits.auth_failures_per_account_per_second";
  return std::nullopt;
}

void Broker::Impl::authentication_failed(const FourTuple& path, std::string_view login, std::string_view why) {
  ++counters_.auth_failed;
  const std::uint64_t source = source_key(path.remote.address);
  const std::uint64_t both = StateHash().add(login).add(source).value();
  static_cast<void>(auth_failures_per_source_.take(source, now_.mono));
  static_cast<void>(auth_failures_per_account_.take(both, now_.mono));
  report_authentication(path, login, why);
}

void Broker::Impl::report_authentication(const FourTuple& path, std::string_view login, std::string_view why) {
  report(Event{
      .code = EventCode::AuthenticationFailed, .login = std::string(login), .path = path, .detail = std::string(why)});
}

void Broker::Impl::answer(Session& session, std::string text, bool close) {
  session.busy = false;
  count_reply(text);
  if (session.transport == session::Transport::Stream) {
    if (!text.empty()) order(SendStream{.stream = session.stream->id, .bytes = Bytes(text.begin(), text.end())});
    if (close) {
      hang_up(session);
    } else {
      runnable_streams_.insert(session.id);
    }
    return;
  }
  // Nobody waits for an answer for longer than a session is remembered; the path may be somebody else's by now. Who
  // repeats the message still gets it.
  if (now_.mono <= session.message_at + config_->session_retention) {
    order(SendDatagram{.path = session.path, .payload = with_header(session.udp.header, text)});
  }
  session.udp.last_reply = std::move(text);
  session.udp.answered = true;
  if (!close) return;
  // The session stays until its time is over, so that a repeated message gets the same answer.
  session.dialogue.close();
  drop_offer(session);
}

void Broker::Impl::count_reply(std::string_view text) {
  const auto code = wire::reply_code(text);
  if (const auto count = code ? replies_.find(*code) : replies_.end(); count != replies_.end()) ++count->second;
}

void Broker::Impl::refuse(Session& session, wire::Status status, std::string_view why) {
  report_refusal(session, static_cast<unsigned>(status), wire::title(status), why);
  const bool close = session.dialogue.refused();
  answer(session, wire::framed(status), close);
}

void Broker::Impl::report_refusal(const Session& session, unsigned code, std::string_view title, std::string_view why) {
  ++counters_.offers_refused;
  report(Event{.code = EventCode::OfferRefused,
               .login = session.dialogue.login(),
               .path = session.path,
               .detail = refusal_text(code, title, why)});
}

void Broker::Impl::report_bad_request(const Session& session, wire::Status status, std::string_view why) {
  report(Event{.code = EventCode::RequestRefused,
               .login = session.dialogue.login(),
               .path = session.path,
               .detail = refusal_text(static_cast<unsigned>(status), wire::title(status), why)});
}

void Broker::Impl::end_session(Session& session) {
  drop_offer(session);
  if (session.tunnel) {
    if (Tunnel* tunnel = tunnels_.find(*session.tunnel)) tunnel->session.reset();
  }
  late_replies_.clear(session.id);
  runnable_streams_.erase(session.id);
  sessions_.remove(session.id);
}

// Ends the session, and its connection if it has one.
void Broker::Impl::hang_up(Session& session) {
  if (session.transport == session::Transport::Stream) order(CloseStream{.stream = session.stream->id});
  end_session(session);
}

void Broker::Impl::expire_sessions() {
  while (Session* session = sessions_.take_due(now_.mono)) {
    if (session->busy) {  // whoever works on its message answers in the end
      sessions_.set_deadline(*session, now_.mono + config_->session_retention);
      continue;
    }
    hang_up(*session);
  }
}

}  // namespace tsp
