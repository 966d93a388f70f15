// SPDX-License-Identifier: Apache-2.0
//
// Clients that another broker is to serve: a list of brokers with a status above 1000 (RFC 5572 section 4.7.4). At
// VERSION when the broker is full or drains, at `create` when only the account tells; never in between, where old
// clients misread it.
#include <algorithm>
#include <utility>

#include "core/base/seconds.h"
#include "core/base/state_hash.h"
#include "core/broker/impl.h"

namespace tsp {
namespace {

// What the client can reach, and is not sent in a circle by.
bool is_of_use(const BrokerAddress& broker, const FourTuple& path) {
  const bool same_port = broker.port == path.local.port;
  if (const auto* ipv4 = std::get_if<IPv4Address>(&broker.host)) {
    return path.remote.is_ipv4() && !(same_port && *ipv4 == path.local.ipv4());
  }
  if (const auto* ipv6 = std::get_if<IPv6Address>(&broker.host)) {
    return !path.remote.is_ipv4() && !(same_port && *ipv6 == path.local.address);
  }
  return true;
}

// Where the client can reach the broker best; null: nowhere.
const BrokerAddress* address_for(const BrokerRecord& broker, const FourTuple& path) {
  const auto of_use = [&](const BrokerAddress& address) { return is_of_use(address, path); };
  const auto first = std::ranges::find_if(broker.addresses, of_use);
  return first == broker.addresses.end() ? nullptr : &*first;
}

struct Candidate {
  const BrokerAddress* address;
  std::uint32_t weight;
  bool near;  // named before those that are not
};

// Those that take clients, of the brokers on the store.
std::vector<Candidate> candidates_of(const broker::KnownBrokers& brokers, const FourTuple& path,
                                     std::string_view near) {
  std::vector<Candidate> candidates;
  for (const auto& [id, known] : brokers.all()) {
    const BrokerAddress* address = obstacle(known) ? nullptr : address_for(known.record, path);
    if (address != nullptr) candidates.push_back({address, known.record.weight, known.record.region == near});
  }
  return candidates;
}

// Evenly distributed in 0…below-1, and the same for the same client whenever it asks: an answer that got lost is sent
// again without having been kept.
std::uint64_t draw(const Endpoint& client, std::size_t round, std::uint64_t below) {
  const StateHash hash = StateHash().add(ByteView(client.address.octets)).add(client.port).add(round);
  return (hash.value() >> 32) * below >> 32;
}

// Drawn one after the other, by weight: with few clients as with many each broker gets its share of first places. One
// with another port than 3653 is told of alone, if it is drawn first, or not at all: old clients take a port from a
// list of one entry only.
void draw_brokers(std::vector<Candidate> left, const Endpoint& client, std::size_t wanted,
                  std::vector<BrokerAddress>& brokers) {
  std::uint64_t weights = 0;
  for (const Candidate& candidate : left) weights += candidate.weight;
  while (!left.empty() && brokers.size() < wanted) {
    auto next = left.begin();  // those without weight, in their order
    if (weights > 0) {
      std::uint64_t drawn = draw(client, brokers.size(), weights);
      while (drawn >= next->weight) drawn -= (next++)->weight;
    }
    weights -= next->weight;
    const BrokerAddress& address = *next->address;
    const bool usual = address.port == kTspPort;
    if (brokers.empty() || (usual && brokers.front().port == kTspPort)) brokers.push_back(address);
    left.erase(next);
  }
}

}  // namespace

RateLimit redirect_limit(const BrokerConfig& config) {
  const auto seconds = whole_seconds(config.redirects_window);
  return {.per_second = config.redirects_per_source_max,
          .burst = config.redirects_per_source_max,
          .seconds = static_cast<std::uint32_t>(std::max<std::int64_t>(seconds, 1))};
}

std::optional<std::string> Broker::Impl::greeting_refusal(session::Transport transport, const FourTuple& path,
                                                          std::string_view text) {
  // Known to be away: said at once and without keeping state. Later in a conversation old clients take 530 for final.
  if (!ready_ || !store_available_) {
    ++counters_.busy_answered;
    return wire::status_line(wire::Status::ServerBusy);
  }
  const auto version = wire::parse_version(text);
  if (!version || !wire::version_supported(*version)) return std::nullopt;  // the dialogue has words for that
  const auto why = full_or_draining(path);
  if (!why) return std::nullopt;
  const std::vector<BrokerAddress> brokers = brokers_for(transport, path, own_region());
  // Without a list a full broker lets everybody in as far as `create`: only the account tells who has a tunnel here.
  if (brokers.empty() && !drain_) return std::nullopt;
  report(Event{.code = EventCode::SessionRefused, .path = path, .detail = std::string(*why)});
  if (brokers.empty() || !may_redirect(path)) {
    ++counters_.busy_answered;
    return wire::status_line(wire::Status::ServerBusy);
  }
  ++counters_.redirects_sent;
  return wire::redirect(wire::Status::ServerBusy, brokers);
}

// Who has a tunnel here comes back from the same address, mostly from another port: its new tunnel takes the place of
// the old one, and is not one more.
std::optional<std::string_view> Broker::Impl::full_or_draining(const FourTuple& path) const {
  if (drain_) return kDraining;
  const bool full = tunnels_.size() >= config_->tunnels_max && tunnels_.all_from(path.remote.address) == 0;
  return full ? std::optional(kFull) : std::nullopt;
}

// What an operator has written down wins over what the store has, which is asked no more than how they are.
std::vector<BrokerAddress> Broker::Impl::brokers_for(session::Transport transport, const FourTuple& path,
                                                     std::string_view near) const {
  std::vector<Candidate> candidates;
  if (config_->other_brokers.empty()) candidates = candidates_of(known_brokers_, path, near);
  for (const OtherBroker& broker : config_->other_brokers) {
    if (!is_of_use(broker.address, path) || (broker.id && known_obstacle(*broker.id))) continue;
    candidates.push_back({&broker.address, broker.weight, broker.region == near});
  }
  std::vector<Candidate> close;
  std::vector<Candidate> far;
  for (const Candidate& candidate : candidates) (candidate.near ? close : far).push_back(candidate);
  const std::size_t wanted =
      transport == session::Transport::Datagram ? config_->redirect_brokers_udp_max : kOtherBrokersMax;
  std::vector<BrokerAddress> brokers;
  draw_brokers(std::move(close), path.remote, wanted, brokers);
  draw_brokers(std::move(far), path.remote, wanted, brokers);
  return brokers;
}

std::string_view Broker::Impl::own_region() const {
  return config_->announcement ? std::string_view(config_->announcement->region) : std::string_view();
}

// Where its account is at home, or else here.
std::string_view Broker::Impl::region_of(const Session& session) const {
  const AccountRecord* record = session.dialogue.account();
  const auto home = record ? record->account.home : std::nullopt;
  if (!home || *home == config_->broker) return own_region();
  if (const OtherBroker* listed = listed_broker(*home)) return listed->region;
  const broker::KnownBroker* known = known_brokers_.find(*home);
  return known != nullptr ? std::string_view(known->record.region) : own_region();
}

const OtherBroker* Broker::Impl::listed_broker(BrokerId id) const {
  const auto listed = std::ranges::find(config_->other_brokers, std::optional(id), &OtherBroker::id);
  return listed == config_->other_brokers.end() ? nullptr : &*listed;
}

std::optional<std::string> Broker::Impl::known_obstacle(BrokerId id) const {
  const broker::KnownBroker* known = known_brokers_.find(id);
  if (known == nullptr) return std::nullopt;
  if (auto why = obstacle(*known)) return why;
  const OtherBroker* listed = listed_broker(id);
  const bool full = listed != nullptr && listed->capacity > 0 && known->record.tunnels >= listed->capacity;
  return full ? std::optional<std::string>("is full") : std::nullopt;
}

bool Broker::Impl::may_redirect(const FourTuple& path) {
  return redirects_per_source_.take(source_key(path.remote.address), now_.mono);
}

bool Broker::Impl::may_redirect(const Session& session) {
  const AccountRecord* record = session.dialogue.account();
  return record ? redirects_per_account_.take(record->account.id.value, now_.mono) : may_redirect(session.path);
}

std::vector<BrokerAddress> Broker::Impl::home_elsewhere(const Session& session) {
  const AccountRecord* record = session.dialogue.account();
  if (!record || !record->account.home || *record->account.home == config_->broker) return {};
  const BrokerId home = *record->account.home;
  if (const auto why = known_obstacle(home)) {
    report_served_here(session, *why);
    return {};
  }
  std::vector<BrokerAddress> addresses = addresses_of(home, session.path);
  // What does not follow redirects, or is sent in a circle by brokers that do not agree, is not to be locked out.
  const std::uint32_t times_max = config_->redirects_per_source_max;
  if (!addresses.empty() && !home_redirects_.take(record->account.id, times_max, now_.mono)) {
    report_served_here(session, "is where it was sent " + std::to_string(times_max) + " times, and it comes back");
    return {};
  }
  return addresses;
}

std::vector<BrokerAddress> Broker::Impl::addresses_of(BrokerId id, const FourTuple& path) const {
  std::vector<BrokerAddress> addresses;
  for (const OtherBroker& listed : config_->other_brokers) {
    if (listed.id == id && is_of_use(listed.address, path)) addresses.push_back(listed.address);
  }
  const broker::KnownBroker* known = known_brokers_.find(id);
  if (!addresses.empty() || known == nullptr) return addresses;
  if (const BrokerAddress* address = address_for(known->record, path)) addresses.push_back(*address);
  return addresses;
}

// `why`: in words that follow "broker N, its home,".
void Broker::Impl::report_served_here(const Session& session, const std::string& why) {
  const Account& account = session.dialogue.account()->account;
  report(
      Event{.code = EventCode::HomeUnavailable,
            .login = account.login,
            .path = session.path,
            .detail = "broker " + std::to_string(account.home->value) + ", its home, " + why + ": it is served here"});
}

void Broker::Impl::turn_away(Session& session, std::string_view why) {
  const std::vector<BrokerAddress> brokers = brokers_for(session.transport, session.path, region_of(session));
  if (brokers.empty() || !may_redirect(session)) {
    refuse(session, wire::Status::NoMoreTunnels, why);
  } else {
    send_on(session, brokers, why);
  }
}

void Broker::Impl::send_on(Session& session, const std::vector<BrokerAddress>& brokers, std::string_view why) {
  constexpr auto kStatus = wire::Status::NoMoreTunnels;
  ++counters_.redirects_sent;
  report_refusal(session, static_cast<unsigned>(kStatus), std::string(wire::title(kStatus)) + ", redirected", why);
  // A live tunnel's session over UDP ends with the tunnel.
  const bool close = session.transport == session::Transport::Stream || !session.tunnel;
  answer(session, wire::framed_redirect(kStatus, brokers), close);
}

}  // namespace tsp
