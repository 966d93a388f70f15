// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/event_streams.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "adapters/linux/control/api_fields.h"

namespace tsp::linux_ {
namespace {

constexpr std::size_t kPieceBytesMax = 32768;
constexpr const char* kGreeting = "retry: 5000\n\n";  // milliseconds before a client comes back
constexpr const char* kSignOfLife = ":\n\n";

// Where a client goes on: behind the last event that it knows.
struct Beginning {
  std::uint64_t after = 0;
  bool is_of_another_run = false;
};

Beginning beginning_of(const std::string& id, std::uint64_t run, std::uint64_t last) {
  if (id.empty()) return {.after = last};
  const auto dash = std::min(id.find('-'), id.size() - 1);
  const auto known_run = parse_number(id.substr(0, dash));
  const std::uint64_t unknown = last + 1;
  const std::uint64_t number = parse_number(id.substr(dash + 1)).value_or(unknown);
  if (known_run != run || number > last) return {.is_of_another_run = true};
  return {.after = number};
}

std::string missed_message(const std::string& count) {
  return "event: missed\ndata: {\"missed\":" + count + "}\n\n";
}

}  // namespace

class EventStreams::Stream final : public LiveBody {
 public:
  Stream(std::shared_ptr<EventStreams> owner, std::unique_ptr<ConnectionSeats::Seat> seat, const Beginning& beginning,
         StillAllowed still_allowed)
      : owner_(std::move(owner)),
        seat_(std::move(seat)),
        still_allowed_(std::move(still_allowed)),
        after_(beginning.after),
        checked_(owner_->clock_()),
        pending_(kGreeting) {
    if (beginning.is_of_another_run) pending_ += missed_message("null");
  }

  void begin(Wake wake) override {
    wake_ = std::make_shared<EventFeed::Wake>(std::move(wake));
    owner_->feed_->tell(wake_);
  }

  std::optional<std::string> next(Occasion occasion) override {
    if (!check_if_due()) return std::nullopt;
    std::string out = std::exchange(pending_, {});
    const EventFeed::Piece piece = owner_->feed_->read(after_, kPieceBytesMax);
    if (piece.missed > 0) out += missed_message(std::to_string(piece.missed));
    std::uint64_t number = piece.first;
    for (const std::string& line : piece.lines) {
      out += "id: " + std::to_string(owner_->options_.run) + '-' + std::to_string(number) + "\ndata: " + line + "\n\n";
      after_ = number++;
    }
    if (out.empty() && occasion == Occasion::Silence) out = kSignOfLife;
    return out;
  }

 private:
  bool check_if_due() {
    const Instant now = owner_->clock_();
    if (now - checked_ < kCheckInterval) return true;
    const std::unique_lock lock(owner_->checking_, std::try_to_lock);
    if (!lock) return true;  // next time
    checked_ = now;
    return still_allowed_();
  }

  const std::shared_ptr<EventStreams> owner_;
  const std::unique_ptr<ConnectionSeats::Seat> seat_;
  const StillAllowed still_allowed_;
  std::shared_ptr<EventFeed::Wake> wake_;
  std::uint64_t after_;
  Instant checked_;
  std::string pending_;
};

EventStreams::EventStreams(Options options, std::shared_ptr<EventFeed> feed, Clock clock)
    : options_(options),
      feed_(std::move(feed)),
      clock_(std::move(clock)),
      seats_(
          {.all_max = options.all_max, .per_source_max = options.per_source_max, .shared_sources = {IPv6Address{}}}) {}

std::shared_ptr<LiveBody> EventStreams::open(const IPv6Address& source, const std::string& last_event_id,
                                             StillAllowed still_allowed) {
  auto seat = std::make_unique<ConnectionSeats::Seat>(seats_, source);
  if (!seat->is_free()) return nullptr;
  Beginning beginning = beginning_of(last_event_id, options_.run, feed_->last());
  if (beginning.is_of_another_run) beginning.after = feed_->read(0, 0).first - 1;  // whatever there is
  return std::make_shared<Stream>(shared_from_this(), std::move(seat), beginning, std::move(still_allowed));
}

}  // namespace tsp::linux_
