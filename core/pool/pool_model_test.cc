// SPDX-License-Identifier: Apache-2.0
//
// Random claims, quarantines, releases and changes of layout, held against a list of claims and brute force.
#include <gtest/gtest.h>

#include "core/pool/number.h"
#include "core/pool/pool.h"

namespace tsp::pool {
namespace {

using std::chrono::seconds;

IPv6Prefix prefix(std::string_view text) {
  return *parse_prefix(text);
}

std::vector<PoolLayout> layouts() {
  const PoolLayout first{.prefix = prefix("2001:db8::/56"),
                         .server_address = *parse_ipv6("2001:db8::1"),
                         .hosts = prefix("2001:db8::/123"),
                         .anonymous = prefix("2001:db8::20/123"),
                         .delegations = {prefix("2001:db8:0:10::/60"), prefix("2001:db8:0:20::/59")}};
  PoolLayout without_anonymous = first;
  without_anonymous.anonymous.reset();
  without_anonymous.hosts = prefix("2001:db8::/122");
  PoolLayout moved = first;
  moved.server_address = *parse_ipv6("2001:db8:0:10::7");
  moved.hosts = prefix("2001:db8:0:10::/124");
  moved.delegations = {prefix("2001:db8::/61"), prefix("2001:db8:0:2c::/62")};
  moved.anonymous = prefix("2001:db8:0:11::/125");
  return {first, without_anonymous, moved};
}

class Model {
 public:
  explicit Model(PoolLayout layout) : layout_(std::move(layout)) {}

  void set(const IPv6Prefix& prefix, std::optional<WallTime> until) { claims_[prefix] = until; }
  void release(const IPv6Prefix& prefix) { claims_.erase(prefix); }
  void change_layout(const PoolLayout& layout) { layout_ = layout; }

  [[nodiscard]] const PoolLayout& layout() const { return layout_; }
  [[nodiscard]] std::size_t claims() const { return claims_.size(); }
  [[nodiscard]] IPv6Prefix claim_at(std::size_t index) const {
    return std::next(claims_.begin(), static_cast<std::ptrdiff_t>(index))->first;
  }
  [[nodiscard]] bool is_free(const IPv6Prefix& prefix) const {
    return !prefix.contains(layout_.server_address) &&
           std::ranges::none_of(claims_, [&](const auto& claim) { return claim.first.overlaps(prefix); });
  }
  [[nodiscard]] std::uint64_t free_addresses(const IPv6Prefix& range) const {
    return count_free(range, 128) - is_free(host_prefix(range.base));
  }
  [[nodiscard]] std::uint64_t free_delegations(unsigned length) const {
    std::uint64_t count = 0;
    for (const IPv6Prefix& range : layout_.delegations) {
      if (range.length <= length) count += count_free(range, length);
    }
    return count;
  }
  [[nodiscard]] std::vector<IPv6Prefix> ended(WallTime now) const {
    std::vector<std::pair<WallTime, IPv6Prefix>> ends;
    for (const auto& [prefix, until] : claims_) {
      if (until && *until <= now) ends.emplace_back(*until, prefix);
    }
    std::ranges::sort(ends);
    std::vector<IPv6Prefix> prefixes;
    for (const auto& [until, prefix] : ends) prefixes.push_back(prefix);
    return prefixes;
  }

 private:
  [[nodiscard]] std::uint64_t count_free(const IPv6Prefix& range, unsigned length) const {
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < std::uint64_t{1} << (length - range.length); ++i) {
      const Number base = to_number(range.base) | (Number{i} << (128 - length));
      count += is_free({to_address(base), static_cast<std::uint8_t>(length)});
    }
    return count;
  }

  PoolLayout layout_;
  std::map<IPv6Prefix, std::optional<WallTime>> claims_;
};

// Anything from a part of a range to more than the whole prefix, within a layout, beside it and outside.
IPv6Prefix any_prefix(Random& random) {
  IPv6Address address = *parse_ipv6("2001:db8::");
  if (random.chance(1, 20)) address.octets[5] = 1;
  if (random.chance(1, 2)) address.octets[7] = static_cast<std::uint8_t>(random.below(0x40));
  address.octets[15] = static_cast<std::uint8_t>(random.below(0x44));
  if (random.chance(3, 5)) return host_prefix(address);
  if (random.chance(1, 40)) return make_prefix(address, static_cast<unsigned>(random.between(47, 58)));
  if (random.chance(1, 4)) return make_prefix(address, static_cast<unsigned>(random.between(65, 127)));
  return make_prefix(address, static_cast<unsigned>(random.between(60, 64)));
}

void expect_sound_choice(const Model& model, const IPv6Prefix& range, const std::optional<IPv6Address>& choice) {
  ASSERT_EQ(choice.has_value(), model.free_addresses(range) > 0);
  if (!choice) return;
  ASSERT_TRUE(range.contains(*choice));
  ASSERT_NE(*choice, range.base);
  ASSERT_TRUE(model.is_free(host_prefix(*choice)));
}

void compare(const Pool& pool, const Model& model, WallTime now, Random& random) {
  pool.check_invariants();
  const PoolLayout& layout = model.layout();
  ASSERT_EQ(pool.claims(), model.claims());
  ASSERT_EQ(pool.hosts_available(), model.free_addresses(layout.hosts));
  ASSERT_NO_FATAL_FAILURE(expect_sound_choice(model, layout.hosts, pool.choose_host(random)));
  if (layout.anonymous) {
    ASSERT_EQ(pool.anonymous_available(), model.free_addresses(*layout.anonymous));
    ASSERT_NO_FATAL_FAILURE(expect_sound_choice(model, *layout.anonymous, pool.choose_anonymous(random)));
  }
  for (unsigned length = 58; length <= 64; ++length) {
    ASSERT_EQ(pool.delegations_available(length), model.free_delegations(length)) << length;
    const auto choice = pool.choose_delegation(length);
    ASSERT_EQ(choice.has_value(), model.free_delegations(length) > 0);
    if (choice) {
      ASSERT_TRUE(model.is_free(*choice));
    }
  }
  ASSERT_EQ(pool.ended_quarantines(now, 1000), model.ended(now));
}

class PoolAndModel {
 public:
  void step() {
    now_.since_epoch += seconds(1);
    const std::uint64_t dice = random_.below(100);
    if (dice < 30) {
      set_claim(any_prefix(random_), std::nullopt);
    } else if (dice < 45) {
      claim_choice();
    } else if (dice < 60) {
      const bool known = model_.claims() > 0 && random_.chance(3, 4);
      set_claim(known ? any_claim() : any_prefix(random_), now_ + seconds(random_.below(20)));
    } else if (dice < 97) {
      release(model_.claims() > 0 && random_.chance(9, 10) ? any_claim() : any_prefix(random_));
    } else {
      const auto choice = layouts()[random_.below(3)];
      pool_.change_layout(choice);
      model_.change_layout(choice);
    }
    compare(pool_, model_, now_, random_);
  }
  void release_everything() {
    while (model_.claims() > 0) release(any_claim());
    compare(pool_, model_, now_, random_);
  }

 private:
  IPv6Prefix any_claim() { return model_.claim_at(random_.below(model_.claims())); }
  void set_claim(const IPv6Prefix& prefix, std::optional<WallTime> until) {
    until ? pool_.quarantine(prefix, *until) : pool_.claim(prefix);
    model_.set(prefix, until);
  }
  void claim_choice() {
    if (const auto address = pool_.choose_host(random_)) set_claim(host_prefix(*address), std::nullopt);
    if (const auto address = pool_.choose_anonymous(random_)) set_claim(host_prefix(*address), std::nullopt);
    const auto delegation = pool_.choose_delegation(static_cast<unsigned>(random_.between(59, 64)));
    if (delegation) set_claim(*delegation, std::nullopt);
  }
  void release(const IPv6Prefix& prefix) {
    pool_.release(prefix);
    model_.release(prefix);
  }

  Random random_{Seed{8}};
  WallTime now_;
  Pool pool_{layouts().front()};
  Model model_{layouts().front()};
};

TEST(PoolModel, AnswersAsAListOfClaimsDoes) {
  PoolAndModel both;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_NO_FATAL_FAILURE(both.step()) << "step " << i;
  }
  both.release_everything();
}

}  // namespace
}  // namespace tsp::pool
