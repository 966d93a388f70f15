// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/update/update_server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/linux/http/head_server.h"
#include "adapters/linux/update/nic_update.h"
#include "adapters/linux/update/update_limits.h"

namespace tsp::linux_ {
namespace {

Instant now() {
  return {std::chrono::steady_clock::now().time_since_epoch()};
}

HeadServerOptions server_options(const UpdateOptions& options) {
  HeadServerOptions out{.section = "update",
                        .listen = options.listen,
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

  [[nodiscard]] HttpAnswer answer(const HttpHead& head, FourTuple path);

  std::vector<IPv4Address> trusted_proxies;
  UpdateLimits limits;
  CoreCall core;
  std::unique_ptr<HeadServer> server;  // the first to go: its threads use what is above
};

HttpAnswer UpdateServer::Impl::answer(const HttpHead& head, FourTuple path) {
  if (std::ranges::find(trusted_proxies, path.remote.ipv4()) != trusted_proxies.end()) {
    if (const auto client = forwarded_address(head)) path.remote = make_endpoint(*client, path.remote.port);
  }
  if (!limits.may_ask(path.remote.ipv4(), now())) return too_many_requests();
  const auto request = read_nic_update(head, path);
  if (!request) return request.error();
  const auto reply = core(*request);
  if (!reply || !reply->update) return answer_of(UpdateOutcome::Unavailable, *request);
  return answer_of(*reply->update, *request, reply->message);
}

std::expected<std::unique_ptr<UpdateServer>, std::string> UpdateServer::open(const UpdateOptions& options) {
  auto server = HeadServer::open(server_options(options));
  if (!server) return std::unexpected(std::move(server.error()));
  auto impl = std::make_unique<Impl>(options);
  impl->server = std::move(*server);
  return std::unique_ptr<UpdateServer>(new UpdateServer(std::move(impl)));
}

void UpdateServer::serve(const CoreCall& core) {
  impl_->core = core;
  impl_->server->serve(
      [impl = impl_.get()](const HttpHead& head, const FourTuple& path) { return impl->answer(head, path); });
}

std::optional<std::string> UpdateServer::renew_certificate() {
  return impl_->server->renew_certificate();
}

UpdateServer::UpdateServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

UpdateServer::~UpdateServer() = default;

}  // namespace tsp::linux_
