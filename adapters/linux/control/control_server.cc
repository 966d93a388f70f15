// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/control_server.h"

#include <httplib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "adapters/linux/control/socket_place.h"

namespace tsp::linux_ {
namespace {

constexpr mode_t kSocketMode = 0660;
constexpr std::size_t kThreads = 4;
constexpr std::size_t kBodyBytesMax = 16384;
constexpr std::string_view kNotJson = R"({"error":{"message":"a form is not understood; expected JSON"}})";
constexpr const char* kIdempotencyKey = "Idempotency-Key";
constexpr auto kIdleTimeout = std::chrono::seconds(1);

ApiRequest read(const httplib::Request& request) {
  ApiRequest out{.method = request.method, .target = request.target, .body = request.body};
  if (request.has_header(kIdempotencyKey)) out.idempotency_key = request.get_header_value(kIdempotencyKey);
  return out;
}

void respond(httplib::Response& to, const ApiResponse& response) {
  to.status = response.status;
  to.set_content(response.body + '\n', response.content_type);
  if (!response.allow.empty()) to.set_header("Allow", response.allow);
}

// What the library refuses by itself has no body yet.
void explain(const httplib::Request& /*request*/, httplib::Response& response) {
  if (!response.body.empty()) return;
  std::string reason = "the request cannot be served";
  if (response.status == 400) reason = "this is not HTTP";
  if (response.status == 404) reason = "there is nothing at this address";
  if (response.status == 413) reason = "the body is too large";
  respond(response, {response.status, R"({"error":{"message":")" + reason + "\"}}"});
}

// The library's limit does not hold for a body that comes in chunks.
httplib::Server::HandlerResponse refuse_chunks(const httplib::Request& request, httplib::Response& response) {
  if (!request.has_header("Transfer-Encoding")) return httplib::Server::HandlerResponse::Unhandled;
  respond(response, {411, R"({"error":{"message":"a body needs a Content-Length"}})"});
  return httplib::Server::HandlerResponse::Handled;
}

}  // namespace

struct ControlServer::Impl {
  explicit Impl(std::string path) : socket_path(std::move(path)) {}

  void configure(const Handler& handler);
  bool bind();

  std::string socket_path;
  httplib::Server server;
  std::thread thread;
};

void ControlServer::Impl::configure(const Handler& handler) {
  const auto handle = [handler](const httplib::Request& request, httplib::Response& response) {
    // The library takes such a body apart, and what is left looks like a request without one.
    if (request.is_multipart_form_data()) return respond(response, {415, std::string(kNotJson)});
    respond(response, handler(read(request)));
  };
  const std::string everything = ".*";
  server.Get(everything, handle);
  server.Post(everything, handle);
  server.Put(everything, handle);
  server.Patch(everything, handle);
  server.Delete(everything, handle);
  server.Options(everything, handle);
  server.set_pre_routing_handler(refuse_chunks);
  server.set_error_handler(explain);
  server.set_payload_max_length(kBodyBytesMax);
  server.set_keep_alive_timeout(kIdleTimeout.count());
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
}

bool ControlServer::Impl::bind() {
  server.set_address_family(AF_UNIX);
  // The file gets the mode of the socket less the umask: never more than wanted, and then exactly what is wanted.
  server.set_socket_options([](socket_t fd) { fchmod(fd, kSocketMode); });
  const int ignored_port = 80;
  return server.bind_to_port(socket_path, ignored_port) && chmod(socket_path.c_str(), kSocketMode) == 0;
}

std::expected<std::unique_ptr<ControlServer>, std::string> ControlServer::open(const std::string& socket_path) {
  const auto place = SocketPlace::take(socket_path);
  if (!place) return std::unexpected("control socket " + place.error());
  auto impl = std::make_unique<Impl>(socket_path);
  if (!impl->bind()) {
    return std::unexpected("control socket " + socket_path + ": cannot be made: " + std::strerror(errno));
  }
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

void ControlServer::serve(const Handler& handler) {
  impl_->configure(handler);
  impl_->thread = std::thread([server = &impl_->server] { server->listen_after_bind(); });
  // The library loses a stop() that comes before it runs.
  while (!impl_->server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlServer::~ControlServer() {
  // First, so that it cannot be a successor's.
  unlink(impl_->socket_path.c_str());
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace tsp::linux_
