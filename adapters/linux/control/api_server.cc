// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_server.h"

#include <chrono>
#include <utility>

#include "adapters/linux/console/console.h"
#include "adapters/linux/control/http_api.h"
#include "adapters/linux/http/http_server.h"
#include "adapters/linux/http/request_limits.h"

namespace tsp::linux_ {
namespace {

// Who asks so often is not even told so: an answer over TLS costs more than a question.
constexpr std::uint32_t kConnectionsPerRequest = 2;

// The console asks every ten seconds or more often.
constexpr auto kPatience = std::chrono::seconds(15);

HttpServerOptions api_options(const ApiSettings& settings) {
  HttpServerOptions options;
  options.section = "api";
  options.listen = settings.listen;
  options.certificate = settings.certificate;
  options.private_key = settings.private_key;
  options.body_bytes_max = kApiBodyBytesMax;
  options.connections_max = settings.connections_max;
  options.connections_per_source_max = settings.connections_per_source_max;
  options.connections_per_source =
      RateLimit{.per_second = kConnectionsPerRequest * settings.requests_per_source.per_second,
                .burst = kConnectionsPerRequest * settings.requests_per_source.burst};
  options.shared_sources = settings.trusted_proxies;
  options.patience = kPatience;
  options.refuse = refuse_as_json;
  return options;
}

HttpAnswer ask_less() {
  HttpAnswer answer = refuse_as_json(429, "too many requests; wait a second");
  answer.headers.emplace_back("Retry-After", "1");
  answer.is_last = true;  // so that the limit of connections counts
  return answer;
}

}  // namespace

struct ApiServer::Impl {
  explicit Impl(const ApiSettings& settings)
      : has_console(settings.console),
        trusted_proxies(settings.trusted_proxies),
        limits(settings.requests_per_source) {}

  [[nodiscard]] HttpAnswer answer(const HttpRequest& request);

  bool has_console;
  std::vector<IPv6Address> trusted_proxies;
  RequestLimits limits;
  Handler handler;
  std::unique_ptr<HttpServer> server;  // the first to go: its threads use what is above
};

HttpAnswer ApiServer::Impl::answer(const HttpRequest& request) {
  const IPv6Address source = client_address(request, trusted_proxies);
  if (!limits.may_ask(source)) return ask_less();
  if (has_console) {
    if (auto page = answer_as_console(request.head)) return std::move(*page);
  }
  return answer_as_api(request, source, handler);
}

std::expected<std::unique_ptr<ApiServer>, std::string> ApiServer::open(const ApiSettings& settings) {
  auto server = HttpServer::open(api_options(settings));
  if (!server) return std::unexpected(std::move(server.error()));
  auto impl = std::make_unique<Impl>(settings);
  impl->server = std::move(*server);
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(impl)));
}

void ApiServer::serve(const Handler& handler) {
  impl_->handler = handler;
  impl_->server->serve([impl = impl_.get()](const HttpRequest& request) { return impl->answer(request); });
}

std::optional<std::string> ApiServer::renew_certificate() {
  return impl_->server->renew_certificate();
}

ApiServer::ApiServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ApiServer::~ApiServer() = default;

}  // namespace tsp::linux_
