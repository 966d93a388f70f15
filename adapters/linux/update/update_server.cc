// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/update/update_server.h"

#include <utility>

#include "adapters/linux/http/http_server.h"
#include "adapters/linux/http/request_limits.h"
#include "adapters/linux/update/nic_update.h"

namespace tsp::linux_ {
namespace {

std::vector<IPv6Address> trusted_proxies(const UpdateOptions& options) {
  std::vector<IPv6Address> proxies;
  for (const IPv4Address& proxy : options.trusted_proxies) proxies.push_back(map_ipv4(proxy));
  return proxies;
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
  out.shared_sources = trusted_proxies(options);
  return out;
}

}  // namespace

struct UpdateServer::Impl {
  explicit Impl(const UpdateOptions& given) : proxies(trusted_proxies(given)), limits(given.requests_per_source) {}

  [[nodiscard]] HttpAnswer answer(const HttpRequest& request);

  std::vector<IPv6Address> proxies;
  RequestLimits limits;
  CoreCall core;
  std::unique_ptr<HttpServer> server;  // the first to go: its threads use what is above
};

HttpAnswer UpdateServer::Impl::answer(const HttpRequest& asked) {
  FourTuple path = asked.peer.path;
  // Tunnels that are made so end at IPv4 addresses.
  if (const IPv6Address client = client_address(asked, proxies); is_mapped(client)) path.remote.address = client;
  if (!limits.may_ask(path.remote.address)) return too_many_requests();
  const auto request = read_nic_update(asked.head, path);
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
