// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <chrono>
#include <map>
#include <system_error>
#include <utility>

#include "adapters/linux/dns/dns_keeper.h"
#include "adapters/linux/dns/zone_fragment.h"

namespace tsp::linux_::dns {
namespace {

using Clock = std::chrono::system_clock;

// The error of the first file that could not be written.
std::string write_files(const std::string& folder, const std::vector<std::string>& zones,
                        const std::vector<DesiredRecords>& desired, std::uint32_t ttl_seconds) {
  for (const std::string& zone : zones) {
    const auto text = zone_fragment(zone, zones, desired, ttl_seconds);
    if (!text) return text.error();
    const auto written = write_zone_fragment(folder + '/' + zone + ".inc", *text);
    if (!written) return written.error();
  }
  return {};
}

class FileKeeper final : public DnsKeeper {
 public:
  FileKeeper(asio::io_context& io, std::string folder, const KeeperOptions& options)
      : io_(io),
        timer_(io),
        folder_(std::move(folder)),
        options_(options),
        pause_(options.limits.pause_min),
        here_(std::make_shared<FileKeeper*>(this)) {}

  ~FileKeeper() override { writer_.join(); }
  FileKeeper(const FileKeeper&) = delete;
  FileKeeper& operator=(const FileKeeper&) = delete;

  void execute(const PublishDns& order) override {
    if (order.records.empty()) return execute(WithdrawDns{.account = order.account, .formerly = {}});
    const auto known = accounts_.find(order.account);
    if (known == accounts_.end() && accounts_.size() >= options_.limits.owners_max) return;
    DesiredRecords desired = to_desired(order.records);
    if (known != accounts_.end() && known->second.records == desired) return;
    accounts_[order.account] = {.records = std::move(desired), .version = ++version_};
    schedule();
  }

  void execute(const WithdrawDns& order) override {
    if (accounts_.erase(order.account) == 0) return;
    ++version_;
    schedule();
  }

  // Files with only a part of the accounts would take the others out of the DNS.
  void execute(const DnsComplete& /*order*/) override {
    complete_ = true;
    write();
  }

  void retry() override {
    if (complete_) write();
  }

  [[nodiscard]] std::optional<OwnerState> state(AccountId account) const override {
    const auto known = accounts_.find(account);
    if (known == accounts_.end()) return std::nullopt;
    const bool done = known->second.version <= written_version_;
    return OwnerState{.phase = done ? OwnerState::Phase::Done : OwnerState::Phase::Pending,
                      .done_at = done ? written_at_ : std::nullopt,
                      .error = error_};
  }

  [[nodiscard]] DnsSummary summary() const override {
    DnsSummary summary{.place = folder_, .zones = options_.zones, .error = error_};
    for (const auto& [id, account] : accounts_) {
      ++(account.version <= written_version_ ? summary.done : summary.pending);
    }
    return summary;
  }

 private:
  struct Account {
    DesiredRecords records;
    std::uint64_t version = 0;
  };

  void schedule() {
    if (!complete_ || scheduled_ || writing_) return;
    scheduled_ = true;
    timer_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(pause_));
    timer_.async_wait([this](const std::error_code& error) {
      if (error) return;
      scheduled_ = false;
      write();
    });
  }

  void write() {
    if (std::exchange(writing_, true)) return;
    std::vector<DesiredRecords> desired;
    desired.reserve(accounts_.size());
    for (const auto& [id, account] : accounts_) desired.push_back(account.records);
    asio::post(writer_, [&io = io_, here = std::weak_ptr(here_), folder = folder_, options = options_,
                         desired = std::move(desired), version = version_] {
      std::string error = write_files(folder, options.zones, desired, options.limits.ttl_seconds);
      asio::post(io, [here, version, error = std::move(error)] {
        if (const auto keeper = here.lock()) (*keeper)->on_written(version, error);
      });
    });
  }

  void on_written(std::uint64_t version, const std::string& error) {
    writing_ = false;
    error_ = error;
    if (error.empty()) {
      written_version_ = version;
      written_at_ = WallTime{Clock::now().time_since_epoch()};
      pause_ = options_.limits.pause_min;
    } else {
      pause_ = std::min(2 * pause_, options_.limits.pause_max);
    }
    if (!error.empty() || version < version_) schedule();
  }

  asio::io_context& io_;
  asio::steady_timer timer_;
  std::string folder_;
  KeeperOptions options_;
  Duration pause_;
  std::map<AccountId, Account> accounts_;
  std::uint64_t version_ = 0;
  std::uint64_t written_version_ = 0;
  std::optional<WallTime> written_at_;
  std::string error_;
  bool complete_ = false;
  bool scheduled_ = false;
  bool writing_ = false;
  std::shared_ptr<FileKeeper*> here_;  // for what comes back from the writer
  asio::thread_pool writer_{1};
};

}  // namespace

std::unique_ptr<DnsKeeper> keep_in_files(asio::io_context& io, const std::string& folder,
                                         const KeeperOptions& options) {
  return std::make_unique<FileKeeper>(io, folder, options);
}

}  // namespace tsp::linux_::dns
