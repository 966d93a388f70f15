// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/conversations.h"

#include <algorithm>
#include <cstring>

namespace tsp::sim {
namespace {

constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kMessagesMax = 32;
constexpr std::size_t kAnswersMax = 32;
constexpr std::size_t kProofsMax = 16;
constexpr std::size_t kOffersMax = 8;
constexpr std::string_view kBusy = "530";
constexpr std::string_view kElsewhere = "1530";

std::uint64_t header_of(ByteView datagram) {
  std::uint64_t header = 0;
  std::memcpy(&header, datagram.data(), kHeaderSize);
  return header;
}

// The sequence word, which alone says what is the same message again.
std::uint64_t word_of(std::uint64_t header) {
  std::uint32_t word = 0;
  std::memcpy(&word, &header, sizeof word);
  return word;
}

// A damaged copy has the same header, and a client that began anew may use one again: of several messages the first
// that still waits is answered, but not one from ages ago.
int claim_to_answer(const Message& message, Instant now) {
  if (message.at + Conversations::kMemory < now) return 0;
  return message.waits() ? 2 : 1;
}

template <class T>
void push_bounded(std::vector<T>& values, T value, std::size_t max) {
  if (values.size() == max) values.erase(values.begin());
  values.push_back(std::move(value));
}

Message read(ByteView datagram) {
  const ByteView body = datagram.subspan(kHeaderSize);
  Message message{.header = header_of(datagram), .body = hash_of(body), .kind = kind_of(as_text(body))};
  if (const auto login = find_login(as_text(body))) message.login = hash_of(as_bytes(*login));
  return message;
}

void note_proofs(Conversation& conversation, std::uint64_t header, std::string_view body) {
  const bool by_digest = is_rspauth(body);
  if (!by_digest && !body.starts_with("200")) return;
  for (const Message& message : conversation.messages) {
    if (message.header != header || !message.login) continue;
    const bool known = std::ranges::any_of(conversation.proofs, [&](const Proof& proof) {
      return proof.login == *message.login && proof.by_digest == by_digest;
    });
    if (!known) push_bounded(conversation.proofs, Proof{*message.login, by_digest}, kProofsMax);
  }
}

// A VERSION that came late opens a second session beside the first (RFC 5572 section 4.5.2), and each may be who
// answers.
bool contradicts(Conversation& conversation, const Message& message, ByteView body) {
  if (as_text(body).starts_with(kBusy) || is_redirect_at_hello(as_text(body))) return false;
  const std::uint64_t reply = hash_of(body);
  if (message.kind == MessageKind::Hello) {
    auto& last = conversation.hello_answer;
    const bool differs = last && last->body == message.body && last->replies.front() != reply;
    last = Conversation::Answer{.body = message.body, .replies = {reply}};
    return differs;
  }
  const std::uint64_t word = word_of(message.header);
  const auto known = std::ranges::find_if(conversation.answers, [&](const Conversation::Answer& answer) {
    return answer.word == word && answer.body == message.body;
  });
  if (known == conversation.answers.end()) {
    push_bounded(conversation.answers, Conversation::Answer{.word = word, .body = message.body, .replies = {reply}},
                 kAnswersMax);
    return false;
  }
  if (std::ranges::find(known->replies, reply) != known->replies.end()) return false;
  known->replies.push_back(reply);
  const std::size_t sessions = conversation.hellos > 1 ? 2 : 1;
  return known->replies.size() > sessions;
}

}  // namespace

bool is_inner(const FourTuple& path, ByteView datagram) {
  const unsigned version = datagram.empty() ? 0 : datagram[0] >> 4;
  return version == 6 || (version == 4 && path.remote.port == 0);
}

bool is_redirect_at_hello(std::string_view body) {
  return body.starts_with(kElsewhere);
}

bool Conversation::has_proved(std::uint64_t login) const {
  return std::ranges::find(proofs, login, &Proof::login) != proofs.end();
}

bool Conversation::has_proved_endpoint() const {
  return std::ranges::find(proofs, true, &Proof::by_digest) != proofs.end();
}

bool Conversation::owes_answer_to(std::uint64_t number) const {
  return forgetful || std::ranges::any_of(messages, [number](const Message& message) {
           return message.number <= number && message.waits();
         });
}

const Conversation* Conversations::find(const FourTuple& path) const {
  const auto found = conversations_.find(path);
  return found == conversations_.end() ? nullptr : &found->second;
}

void Conversations::note_arrival(const FourTuple& path, ByteView datagram, Instant now) {
  if (datagram.size() < kHeaderSize) return;
  ++arrivals_;
  const auto [entry, is_new] = conversations_.try_emplace(path);
  if (is_new) ages_.emplace_back(now, path);
  Conversation& conversation = entry->second;
  conversation.active = now;
  conversation.bytes_in += datagram.size();
  Message message = read(datagram);
  message.at = now;
  message.number = arrivals_;
  if (message.kind == MessageKind::Hello) {
    ++conversation.hellos;
    conversation.answers.clear();
  }
  const auto same = std::ranges::find_if(conversation.messages, [&](const Message& earlier) {
    return earlier.header == message.header && earlier.body == message.body;
  });
  if (same == conversation.messages.end()) {
    conversation.forgetful = conversation.forgetful || conversation.messages.size() == kMessagesMax;
    push_bounded(conversation.messages, message, kMessagesMax);
    return;
  }
  if (!same->waits()) same->number = arrivals_;
  ++same->arrivals;
  same->at = now;
}

Reply Conversations::note_departure(const FourTuple& path, ByteView datagram, Instant now) {
  Reply reply;
  if (datagram.size() < kHeaderSize) return reply;
  const ByteView body = datagram.subspan(kHeaderSize);
  reply.body = as_text(body);
  reply.offer = find_offer(reply.body);
  const auto entry = conversations_.find(path);
  if (entry == conversations_.end()) return reply;
  Conversation& conversation = entry->second;
  reply.conversation = &conversation;
  conversation.active = now;
  // Much for little, but limited in number.
  if (!is_redirect_at_hello(reply.body)) conversation.bytes_out += datagram.size();

  const std::uint64_t header = header_of(datagram);
  Message* answered = nullptr;
  unsigned bodies = 0;
  std::uint64_t surplus = 0;  // of messages over replies
  for (Message& message : conversation.messages) {
    if (message.header != header) continue;
    ++bodies;
    surplus += message.arrivals - std::min(message.replies, message.arrivals);
    if (answered == nullptr || claim_to_answer(message, now) > claim_to_answer(*answered, now)) answered = &message;
  }
  if (answered == nullptr) return reply;
  reply.message = answered;
  reply.in_excess = surplus == 0;
  ++answered->replies;
  const bool unmistakable = bodies == 1;
  if (unmistakable) reply.contradicts = contradicts(conversation, *answered, body);
  note_proofs(conversation, header, reply.body);
  if (reply.offer && std::ranges::find(conversation.offers, *reply.offer) == conversation.offers.end()) {
    push_bounded(conversation.offers, *reply.offer, kOffersMax);
  }
  const bool accepted = answered->kind == MessageKind::Accept && body.empty();
  if (accepted && unmistakable) reply.acceptable = conversation.offers;
  return reply;
}

void Conversations::note_reload() {
  for (auto& [path, conversation] : conversations_) conversation.hello_answer.reset();
}

}  // namespace tsp::sim
