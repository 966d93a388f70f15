// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/update/update_server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/linux/http/http_server.h"
#include "adapters/linux/http/request_limits.h"
#include "adapters/linux/update/nic_update.h"

namespace tsp::linux_ {
namespace {

Instant now() {
  return {std::chrono::steady_clock::now().time_since_epoch()};
}

HttpServerOptions server_options(const UpdateOptions& options) {
  HttpServerOptions out{.section = "update",
                        .listen = options.listen,
                        .unix_socket = {},
                        .certificate = options.certificate,
                        .private_key = options.private_key,
                        .connections_max = options.connections_max,
                        .connections_per_source_max = options.connections_per_source_max,
                        .shared_sources = {},
                        .timeout = options.timeout};
  for (const IPv4Address& proxy : options.trusted_proxies) out.shared_sources.push_back(map_ipv4(proxy));
  return out;
}

}  // namespace

struct UpdateServer::Impl {
  explicit Impl(const UpdateOptions& given)
      : trusted_proxies(given.trusted_proxies), limits(given.requests_per_source) {}

  [[nodiscard]] HttpAnswer answer(const HttpRequest& request);

  std::vector<IPv4Address> trusted_proxies;
  RequestLimits limits;
  CoreCall core;
  std::unique_ptr<HttpServer> server;  // the first to go: its threads use what is above
};

HttpAnswer UpdateServer::Impl::answer(const HttpRequest& asked) {
  const HttpHead& head = asked.head;
  FourTuple path = asked.peer.path;
  if (std::ranges::find(trusted_proxies, path.remote.ipv4()) != trusted_proxies.end()) {
    if (const auto client = forwarded_address(head)) path.remote = make_endpoint(*client, path.remote.port);
  }
  if (!limits.may_ask(path.remote.address, now())) return too_many_requests();
  const auto request = read_nic_update(head, path);
  if (!request) return request.error();
  const auto reply = core(*request);
  if (!reply || !reply->update) return answer_of(UpdateOutcome::Unavailable, *request);
  return answer_of(*reply->update, *request, reply->message);
}

std::expected<std::unique_ptr<UpdateServer>, std::string> UpdateServer::open(const UpdateOptions& options) {
  auto server = HttpServer::open(server_options(options));
  if (!server) return std::unexpected(std::move(server.error()));
  auto impl = std::make_unique<Impl>(options);
  impl->server = std::move(*server);
  return std::unique_ptr<UpdateServer>(new UpdateServer(std::move(impl)));
}

void UpdateServer::serve(const CoreCall& core) {
  impl_->core = core;
  impl_->server->serve([impl = impl_.get()](const HttpRequest& request) { return impl->answer(request); });
}

std::optional<std::string> UpdateServer::renew_certificate() {
  return impl_->server->renew_certificate();
}

UpdateServer::UpdateServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

UpdateServer::~UpdateServer() = default;

}  // namespace tsp::linux_
