// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/daemon.h"

#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <atomic>
#include <csignal>
#include <ctime>
#include <mutex>
#include <thread>
#include <utility>

#include "adapters/linux/config/describe.h"
#include "adapters/linux/config/reload.h"
#include "adapters/linux/control/api.h"
#include "adapters/linux/control/api_gate.h"
#include "adapters/linux/control/core_calls.h"
#include "adapters/linux/control/event_feed.h"
#include "adapters/linux/control/event_log.h"
#include "adapters/linux/control/event_streams.h"
#include "adapters/linux/loop/ask_on.h"
#include "adapters/linux/loop/core_driver.h"
#include "adapters/linux/loop/daemon_parts.h"
#include "adapters/linux/loop/dns_calls.h"
#include "adapters/linux/loop/dns_watch.h"
#include "adapters/linux/loop/preflight.h"
#include "adapters/linux/loop/service_manager.h"
#include "adapters/linux/loop/service_status.h"
#include "adapters/linux/monitoring/monitoring.h"
#include "adapters/linux/monitoring/process_usage.h"
#include "adapters/linux/monitoring/store_latency.h"
#include "adapters/linux/net/seed.h"

namespace tsp::linux_ {
namespace {

constexpr auto kStopPatience = std::chrono::seconds(5);
constexpr auto kHousekeepingInterval = std::chrono::seconds(5);
constexpr auto kAdminPatience = std::chrono::seconds(10);
constexpr auto kMonitoringPatience = std::chrono::seconds(3);  // less than monitors wait for an answer

// The signals that are waited for. Other threads are started with them blocked, so that none of their system calls
// is interrupted.
sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

struct Daemon::Impl {
  Impl(const DaemonOptions& given_options, const DaemonConfig& given_config, StandardErrorLog& given_log)
      : options(given_options),
        config(given_config),
        written_log(given_log),
        log(written_log, feed, [this] { return parts.time->now().wall; }),
        events(config.log, log),
        signals(io, SIGTERM, SIGINT, SIGHUP),
        housekeeping(io),
        stop_deadline(io),
        watchdog(io),
        start_time_seconds(static_cast<std::uint64_t>(std::time(nullptr))),
        calls([this](AdminRequest request) { post(std::move(request)); }, kAdminPatience) {}

  std::optional<StartError> start(const OpenParts& open_parts);
  // Those that nobody took are closed, and told.
  void note_inherited(InheritedDescriptors& inherited);
  void let_manager_keep_descriptors();
  void begin_serving();
  [[nodiscard]] DaemonSinks sinks();
  void start_core();
  void start_control();
  [[nodiscard]] Monitoring monitoring();
  [[nodiscard]] std::shared_ptr<EventStreams> event_streams();
  void start_self_test();
  void write_self_test(const SelfTestReport& report);

  // From any thread: a fact for the core.
  template <class F>
  void post(F fact) {
    asio::post(io, [this, moved = std::move(fact)]() mutable { core->handle(Fact(std::move(moved))); });
  }
  // For the core, and for who asks what it does.
  [[nodiscard]] std::shared_ptr<const BrokerConfig> snapshot();
  // From any thread.
  [[nodiscard]] ServiceStatus service_status();

  void on(const SendDatagram& order) { parts.send(order.path, order.payload); }
  void on(SendStream order) { parts.tcp->execute(std::move(order)); }
  void on(const CloseStream& order) { parts.tcp->execute(order); }
  void on(StoreOrder order);
  void on(DatapathOrder order) { parts.datapath->submit(std::move(order)); }
  void on(AdminReply reply) { calls.complete(std::move(reply)); }
  void on(const Event& event);
  void on(const PublishDns& order) { keep_dns(order); }
  void on(const WithdrawDns& order) { keep_dns(order); }
  void on(const DnsComplete& order) { keep_dns(order); }
  void on(const Stopped& /*order*/) { io.stop(); }
  template <class DnsOrder>
  void keep_dns(const DnsOrder& order) {
    if (parts.dns) parts.dns->execute(order);
  }

  void wait_for_signal();
  void on_signal(int signal);
  void stop();
  // What the world is told, and how long orders in flight are waited for.
  void begin_stop();
  ReloadPlan reload();
  ReloadPlan apply_new_config();
  // From any thread but the main one. None: the main one did not answer in time.
  [[nodiscard]] std::optional<ReloadPlan> call_reload(Reload what);
  void renew_certificates();
  void keep_house();
  // To the service manager, if it has changed.
  void tell_status();
  void feed_watchdog(Duration interval);
  void write_start();

  const DaemonOptions options;
  DaemonConfig config;
  StandardErrorLog& written_log;
  const std::shared_ptr<EventFeed> feed = std::make_shared<EventFeed>();
  FollowedLog log;  // what is written goes to both
  EventLog events;
  DnsWatch dns_watch;
  asio::io_context io;
  asio::signal_set signals;
  asio::steady_timer housekeeping;
  asio::steady_timer stop_deadline;
  asio::steady_timer watchdog;
  std::string told_status;
  Instant started;
  const std::uint64_t start_time_seconds;
  std::atomic<bool> stopping = false;
  StoreLatency store_latency;
  CoreCalls calls;
  std::mutex configured_mutex;
  ServiceStatus configured;  // what follows from the configuration
  std::unique_ptr<CoreDriver> core;
  DaemonParts parts;
  std::jthread first_self_test;  // the first to go: it uses everything above
};

std::optional<StartError> Daemon::Impl::start(const OpenParts& open_parts) {
  InheritedDescriptors inherited = take_inherited_descriptors();
  auto opened = open_parts(config, io, sinks(), inherited);
  if (!opened) return std::move(opened.error());
  parts = std::move(*opened);
  note_inherited(inherited);
  parts.clamp_mss(config.mss_clamp);
  started = parts.time->now().mono;
  start_core();
  start_control();
  return std::nullopt;
}

void Daemon::Impl::note_inherited(InheritedDescriptors& inherited) {
  if (!inherited.taken().empty()) {
    log.write(LogLevel::Info, LogLine("inherited").text("detail", comma_separated(inherited.taken())));
  }
  for (const std::string& line : inherited.close_rest()) {
    parts.warnings.push_back("the service manager has handed over " + line +
                             ", which the configuration does not name: closed");
  }
}

// A port that is closed for a moment costs clients half a minute.
void Daemon::Impl::let_manager_keep_descriptors() {
  std::vector<NamedDescriptor> all = parts.descriptors ? parts.descriptors() : std::vector<NamedDescriptor>();
  for (const int listening : parts.tcp->descriptors()) all.push_back({listening, "tcp"});
  // What it has of an earlier configuration.
  for (const char* name : {"udp", "tcp", "bare", "tun"}) let_manager_forget(name);
  for (const NamedDescriptor& one : all) let_manager_keep(one.descriptor, one.name);
}

void Daemon::Impl::begin_serving() {
  parts.tcp->begin();
  const auto begun = parts.begin_forwarding ? parts.begin_forwarding() : std::expected<void, std::string>();
  if (!begun) log.write(LogLevel::Warning, LogLine("warning").text("detail", begun.error()));
}

DaemonSinks Daemon::Impl::sinks() {
  return {
      .store =
          [this](StoreDone done) {
            store_latency.completed(done.op, parts.time->now().mono);
            post(std::move(done));
          },
      .datapath =
          [this](port::Datapath::Report report) {
            std::visit([this](auto&& fact) { core->handle(Fact(std::forward<decltype(fact)>(fact))); },
                       std::move(report));
          },
      .signalling = [this](const FourTuple& path, ByteView payload) { core->handle(DatagramArrived{path, payload}); },
      .tcp = [this](const Fact& fact) { core->handle(fact); },
      .unused_addresses =
          [this] {
            auto reply = calls.call(UnusedAddressesRequest{});
            return reply ? std::move(reply->addresses) : std::vector<IPv6Address>();
          }};
}

void Daemon::Impl::start_core() {
  core = std::make_unique<CoreDriver>(io, *parts.time, snapshot(), read_seed(), [this](Order order) {
    std::visit([this](auto&& one) { on(std::forward<decltype(one)>(one)); }, std::move(order));
  });
  core->start();
}

void Daemon::Impl::on(StoreOrder order) {
  store_latency.submitted(order, parts.time->now().mono);
  parts.store->submit(std::move(order));
}

Monitoring Daemon::Impl::monitoring() {
  const DnsCalls dns = parts.dns ? dns_calls(io, *parts.dns) : DnsCalls{};
  return Monitoring({.broker = [this]() -> std::optional<StatusView> {
                       const auto reply = calls.call(StatusRequest{}, kMonitoringPatience);
                       return reply ? reply->state : std::nullopt;
                     },
                     .stopping = [this] { return stopping.load(); },
                     .others =
                         [this, dns] {
                           return Measurements{.version = options.version,
                                               .start_time_seconds = start_time_seconds,
                                               .store_transactions = parts.store_transactions(),
                                               .store_latency = store_latency.view(),
                                               .datapath = parts.datapath_name,
                                               .forwarded = parts.datapath_counters(),
                                               .dns = dns.status ? dns.status() : std::nullopt,
                                               .events = events.counts(),
                                               .lines_suppressed = events.suppressed(),
                                               .process = read_process_usage()};
                         }});
}

std::shared_ptr<EventStreams> Daemon::Impl::event_streams() {
  const EventStreams::Options options_of_streams{.all_max = config.api.event_streams_max,
                                                 .per_source_max = config.api.event_streams_per_source_max,
                                                 .run = start_time_seconds};
  return std::make_shared<EventStreams>(options_of_streams, feed, [this] { return parts.time->now().mono; });
}

void Daemon::Impl::start_control() {
  const Monitoring health = monitoring();
  const Api::CoreCall core_call = [this](AdminCommand command, const std::optional<Actor>& actor) {
    return calls.call(std::move(command), actor);
  };
  const auto gate = std::make_shared<ApiGate>(
      core_call, Sessions::Lifetimes{.idle = config.api.session_idle, .whole = config.api.session_lifetime},
      Passwords::Cost{}, [this] { return parts.time->now().mono; }, [this] { return parts.time->now().wall; });
  const Api api(
      core_call, gate, [this] { return service_status(); },
      [this] { return parts.self_test ? parts.self_test->run() : SelfTestReport{}; },
      parts.dns ? dns_calls(io, *parts.dns) : DnsCalls{},
      DaemonCalls{.events = event_streams(), .reload = [this](Reload what) { return call_reload(what); }});
  parts.control->serve([this, api, health](const ApiRequest& request) {
    auto other = parts.other_requests ? parts.other_requests(request) : std::nullopt;
    if (!other) other = health.handle(request);
    return other ? std::move(*other) : api.handle(request);
  });
  if (parts.api) parts.api->serve([api](const ApiRequest& request) { return api.handle(request); });
  if (parts.update) parts.update->serve([this](AdminCommand command) { return calls.call(std::move(command)); });
  if (parts.metrics) {
    parts.metrics->serve([health](const HttpRequest& request) -> HttpAnswer {
      auto response = health.handle({.method = request.head.method, .target = request.head.target, .body = {}});
      if (!response) return {404, "there is nothing at this address: /metrics, /healthz and /readyz are here"};
      return {response->status, std::move(response->body), std::move(response->content_type)};
    });
  }
}

// Once, when clients are served.
void Daemon::Impl::start_self_test() {
  if (!parts.self_test || first_self_test.joinable()) return;
  first_self_test = std::jthread([this](const std::stop_token& stop) {
    const sigset_t awaited = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
    const SelfTestReport report = parts.self_test->run();
    if (!stop.stop_requested()) write_self_test(report);
  });
}

void Daemon::Impl::write_self_test(const SelfTestReport& report) {
  log.write(LogLevel::Info, LogLine("self_test").word("result", std::string(name(report.result))));
  for (const SelfTestCheck& check : report.checks) {
    if (check.finding == Finding::Passed) continue;
    const bool alarming = check.finding == Finding::Blocked && !check.harmless;
    log.write(alarming ? LogLevel::Warning : LogLevel::Info, LogLine("self_test")
                                                                 .word("check", check.name)
                                                                 .word("target", check.target)
                                                                 .word("result", std::string(name(check.finding)))
                                                                 .text("detail", check.detail));
  }
}

std::shared_ptr<const BrokerConfig> Daemon::Impl::snapshot() {
  {
    const std::lock_guard lock(configured_mutex);
    configured = configured_status(config);
  }
  auto broker = std::make_shared<BrokerConfig>(config.broker);
  broker->realm = parts.realm();
  return broker;
}

ServiceStatus Daemon::Impl::service_status() {
  ServiceStatus status;
  {
    const std::lock_guard lock(configured_mutex);
    status = configured;
  }
  status.version = options.version;
  status.realm = parts.realm();
  status.store_transactions = parts.store_transactions();
  status.uptime_seconds =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(parts.time->now().mono - started).count());
  status.datapath_name = parts.datapath_name;
  status.datapath_reason = parts.datapath_reason;
  add_counters(parts.datapath_counters(), status);
  return status;
}

void Daemon::Impl::on(const Event& event) {
  events.record(event, parts.time->now().mono);
  // Without the store clients are told to come back, which is a service too.
  if (event.code == EventCode::BrokerReady || event.code == EventCode::StoreLost) {
    begin_serving();
    notify_service_manager("READY=1");
  }
  if (event.code == EventCode::BrokerReady || event.code == EventCode::StoreLost ||
      event.code == EventCode::StoreBack || event.code == EventCode::Draining) {
    asio::post(io, [this] { tell_status(); });  // when the core is done with what it is at
  }
  if (event.code == EventCode::BrokerReady) start_self_test();
  if (event.code == EventCode::Drained && !stopping) begin_stop();  // the core has stopped by itself
}

void Daemon::Impl::wait_for_signal() {
  signals.async_wait([this](const std::error_code& error, int signal) {
    if (error) return;
    wait_for_signal();
    on_signal(signal);
  });
}

void Daemon::Impl::on_signal(int signal) {
  if (signal == SIGHUP) {
    reload();
  } else if (stopping) {
    io.stop();
  } else {
    stop();
  }
}

void Daemon::Impl::stop() {
  begin_stop();
  core->handle(StopRequested{});
}

void Daemon::Impl::begin_stop() {
  stopping = true;
  log.write(LogLevel::Info, LogLine("stopping"));
  notify_service_manager("STOPPING=1\nSTATUS=stopping");
  stop_deadline.expires_after(kStopPatience);
  stop_deadline.async_wait([this](const std::error_code& error) {
    if (error) return;
    log.write(LogLevel::Warning, LogLine("stop_incomplete").text("detail", "orders were still in flight"));
    io.stop();
  });
}

ReloadPlan Daemon::Impl::reload() {
  notify_service_manager(reloading_state());
  ReloadPlan plan = apply_new_config();
  notify_service_manager("READY=1");
  return plan;
}

ReloadPlan Daemon::Impl::apply_new_config() {
  ReloadPlan plan = plan_reload(options.config_path, config);
  if (!plan.wanted) {
    for (const std::string& line : plan.obstacles()) {
      log.write(LogLevel::Error, LogLine("reload_refused").text("detail", line));
    }
    return plan;
  }
  config = *plan.wanted;
  written_log.change(config.log);
  events.change(config.log);
  parts.clamp_mss(config.mss_clamp);
  core->handle(ConfigChanged{snapshot()});
  renew_certificates();
  log.write(LogLevel::Info, LogLine("reloaded").text("changed", plan.names_of_changes()));
  return plan;
}

std::optional<ReloadPlan> Daemon::Impl::call_reload(Reload what) {
  const auto ask = [this, what] { return what == Reload::Plan ? plan_reload(options.config_path, config) : reload(); };
  return ask_on<ReloadPlan>(io, kAdminPatience, ask, [this] { return stopping.load(); });
}

void Daemon::Impl::renew_certificates() {
  const auto report = [this](const std::optional<std::string>& error) {
    if (error) log.write(LogLevel::Error, LogLine("reload_incomplete").text("detail", *error));
  };
  if (parts.update) report(parts.update->renew_certificate());
  if (parts.api) report(parts.api->renew_certificate());
}

void Daemon::Impl::keep_house() {
  events.flush(parts.time->now().mono);
  if (const auto news = parts.dns ? dns_watch.look(parts.dns->summary()) : std::nullopt) {
    log.write(news->first, news->second);
  }
  tell_status();
  housekeeping.expires_after(kHousekeepingInterval);
  housekeeping.async_wait([this](const std::error_code& error) {
    if (!error) keep_house();
  });
}

void Daemon::Impl::tell_status() {
  if (stopping) return;
  std::string status = status_line(core->status());
  if (status == told_status) return;
  notify_service_manager("STATUS=" + status);
  told_status = std::move(status);
}

void Daemon::Impl::feed_watchdog(Duration interval) {
  notify_service_manager("WATCHDOG=1");
  watchdog.expires_after(interval);
  watchdog.async_wait([this, interval](const std::error_code& error) {
    if (!error) feed_watchdog(interval);
  });
}

void Daemon::Impl::write_start() {
  log.write(LogLevel::Info, LogLine("started").word("version", options.version).text("config", options.config_path));
  for (const std::string& line : describe_config(config)) {
    log.write(LogLevel::Info, LogLine("configured").text("detail", line));
  }
  log.write(LogLevel::Info,
            LogLine("datapath").word("type", parts.datapath_name).text("reason", parts.datapath_reason));
  std::vector<std::string> warnings = config_warnings(config);
  warnings.insert(warnings.end(), parts.warnings.begin(), parts.warnings.end());
  for (const std::string& line : warnings) log.write(LogLevel::Warning, LogLine("warning").text("detail", line));
}

std::expected<std::unique_ptr<Daemon>, StartError> Daemon::start(const DaemonOptions& options,
                                                                 const DaemonConfig& config, StandardErrorLog& log,
                                                                 const OpenParts& open_parts) {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t awaited = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  auto impl = std::make_unique<Impl>(options, config, log);
  if (auto error = impl->start(open_parts)) return std::unexpected(std::move(*error));
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Daemon::~Daemon() {
  impl_->first_self_test.request_stop();
  if (impl_->parts.self_test) impl_->parts.self_test->stop();
  impl_->calls.stop();
}

void Daemon::run() {
  impl_->write_start();
  impl_->wait_for_signal();
  impl_->let_manager_keep_descriptors();
  impl_->keep_house();
  if (const auto interval = watchdog_interval()) impl_->feed_watchdog(*interval);
  const sigset_t awaited = awaited_signals();
  pthread_sigmask(SIG_UNBLOCK, &awaited, nullptr);
  impl_->io.run();
  impl_->log.write(LogLevel::Info, LogLine("stopped"));
}

}  // namespace tsp::linux_
