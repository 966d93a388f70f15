// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/control_server.h"

#include <unistd.h>

#include <utility>

#include "adapters/linux/control/http_api.h"
#include "adapters/linux/control/socket_place.h"
#include "adapters/linux/http/http_server.h"

namespace tsp::linux_ {
namespace {

constexpr std::uint32_t kControlConnectionsMax = 64;

HttpServerOptions control_options(const std::string& socket_path) {
  HttpServerOptions options;
  options.unix_socket = socket_path;
  options.body_bytes_max = kApiBodyBytesMax;
  options.connections_max = kControlConnectionsMax;
  options.connections_per_source_max = kControlConnectionsMax;  // all are one source
  options.refuse = refuse_as_json;
  return options;
}

}  // namespace

struct ControlServer::Impl {
  std::string socket_path;
  std::unique_ptr<HttpServer> server;
};

std::expected<std::unique_ptr<ControlServer>, std::string> ControlServer::open(const std::string& socket_path) {
  const auto place = SocketPlace::take(socket_path);
  if (!place) return std::unexpected("control socket " + place.error());
  auto server = HttpServer::open(control_options(socket_path));
  if (!server) return std::unexpected("control socket " + server.error());
  auto impl = std::make_unique<Impl>(Impl{.socket_path = socket_path, .server = std::move(*server)});
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

void ControlServer::serve(const Handler& handler) {
  impl_->server->serve([handler](const HttpRequest& request) { return answer_as_api(request, {}, handler); });
}

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlServer::~ControlServer() {
  // First, so that it cannot be a successor's.
  unlink(impl_->socket_path.c_str());
}

}  // namespace tsp::linux_
