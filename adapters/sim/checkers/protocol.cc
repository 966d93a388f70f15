// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/protocol.h"

namespace tsp::sim {
namespace {

constexpr std::string_view kIdempotent = "9, idempotent retries";
constexpr std::string_view kStale = "10, stale input";
constexpr std::string_view kGate = "11, auth gate";
constexpr std::string_view kStranger = "12, bounded stranger";

// The largest answer to a stranger is a challenge, 4.5 times its request.
constexpr std::uint64_t kAmplificationMax = 6;
constexpr std::uint64_t kAmplificationFree = 256;  // bytes
constexpr std::string_view kAddress = "<address ";
constexpr std::size_t kNoncesMax = 100'000;

}  // namespace

void Protocol::on_departure(const FourTuple& path, ByteView datagram) {
  if (is_inner(path, datagram)) return;
  const Reply& reply = truth_.reply();
  check_origin(path, reply);
  if (reply.conversation == nullptr) return;
  if (reply.contradicts) report(kIdempotent, to_text(path.remote) + " gets another answer to the same message");
  if (reply.offer) {
    check_gate(path, reply, host_prefix(reply.offer->inner));
    if (reply.offer->delegated) check_gate(path, reply, *reply.offer->delegated);
  }
  check_stranger(path, *reply.conversation);
  check_nonce(path, reply.body);
  check_redirect(path, reply.body);
  check_refusal(path, reply.body);
}

void Protocol::check_origin(const FourTuple& path, const Reply& reply) {
  const std::string whom = to_text(path.remote);
  if (reply.conversation == nullptr) return report(kStale, whom + " is answered, and has said nothing");
  if (reply.message == nullptr) {
    if (!reply.conversation->forgetful) report(kStale, whom + " is answered under a header that it has not sent");
    return;
  }
  if (reply.message->at + Conversations::kMemory < world_.now()) report(kStale, whom + " is answered after ages");
  if (reply.in_excess) report(kStranger, whom + " gets more answers than it has sent messages");
}

// Without a claim there is nobody to ask for; that is the business of others.
void Protocol::check_gate(const FourTuple& path, const Reply& reply, const IPv6Prefix& prefix) {
  const Claim* claim = truth_.claim(prefix);
  if (claim == nullptr || claim->state == ClaimState::Quarantined) return;
  const auto login = truth_.login_of(claim->owner);
  if (reply.conversation->forgetful || (login && reply.conversation->has_proved(*login))) return;
  report(kGate, to_text(prefix) + " of " + to_text(claim->owner) + " is told to " + to_text(path.remote) +
                    ", who has not proved to be that");
}

void Protocol::check_stranger(const FourTuple& path, const Conversation& conversation) {
  if (!conversation.proofs.empty()) return;
  if (conversation.bytes_out <= kAmplificationMax * conversation.bytes_in + kAmplificationFree) return;
  report(kStranger, to_text(path.remote) + " has sent " + std::to_string(conversation.bytes_in) +
                        " bytes, proved nothing, and got " + std::to_string(conversation.bytes_out));
}

// A session gives one nonce, and lives on one path in one life of the process.
void Protocol::check_nonce(const FourTuple& path, std::string_view body) {
  const auto nonce = find_nonce(body);
  if (!nonce) return;
  const std::uint64_t hash = hash_of(as_bytes(*nonce));
  const auto [use, is_new] = nonces_.try_emplace(hash, NonceUse{path, life_});
  if (!is_new) {
    if (use->second.path != path || use->second.life != life_) {
      report(kGate, "a nonce is given to " + to_text(path.remote) + " and was to " + to_text(use->second.path.remote));
    }
    return;
  }
  nonces_in_order_.push_back(hash);
  if (nonces_in_order_.size() <= kNoncesMax) return;
  nonces_.erase(nonces_in_order_.front());
  nonces_in_order_.pop_front();
}

// A bucket gives what it holds, and what comes in during the window.
void Protocol::check_redirect(const FourTuple& path, std::string_view body) {
  if (!is_redirect_at_hello(body)) return;
  const BrokerConfig& config = world_.config();
  std::deque<Instant>& times = redirects_[hash_of(path.remote.address.octets)];
  while (!times.empty() && times.front() + config.redirects_window < world_.now()) times.pop_front();
  times.push_back(world_.now());
  if (times.size() > 2 * std::size_t{config.redirects_per_source_max}) {
    report(kStranger, to_text(path.remote) + " is sent to other brokers too often");
  }
  std::size_t named = 0;
  for (auto at = body.find(kAddress); at != std::string_view::npos; at = body.find(kAddress, at + 1)) ++named;
  if (named > config.redirect_brokers_udp_max) {
    report(kStranger, to_text(path.remote) + " is told of " + std::to_string(named) + " brokers in one datagram");
  }
}

// Whatever was wrong, nobody can tell it from the answer.
void Protocol::check_refusal(const FourTuple& path, std::string_view body) {
  if (!body.starts_with("300")) return;
  if (!refusal_) refusal_ = body;
  if (*refusal_ != body) report(kGate, to_text(path.remote) + " is refused in words of its own");
}

}  // namespace tsp::sim
