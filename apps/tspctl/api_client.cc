// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/api_client.h"

#include <httplib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

// Longer than tspd waits for itself.
constexpr time_t kAnswerTimeoutSeconds = 30;

// The HTTP library does not tell why it cannot connect.
std::optional<Failure> find_obstacle(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Failure{ExitCode::Invalid, path + ": too long for a socket"};
  std::copy(path.begin(), path.end(), address.sun_path);
  const linux_::FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return std::nullopt;
  switch (errno) {
    case ENOENT:
    case ECONNREFUSED:
      return Failure{ExitCode::Unreachable, "tspd is not running: nobody listens on " + path};
    case EACCES:
    case EPERM:
      return Failure{ExitCode::Unreachable,
                     "permission denied: " + path + "; run tspctl as root or as a member of the socket's group"};
    default:
      return Failure{ExitCode::Unreachable, path + ": " + std::strerror(errno)};
  }
}

ExitCode exit_code_of(int status) {
  switch (status) {
    case 404:
      return ExitCode::NotFound;
    case 409:
      return ExitCode::Exists;
    case 400:
    case 413:
    case 422:
      return ExitCode::Invalid;
    default:
      return ExitCode::Unavailable;
  }
}

// The operator knows the option, not the field.
std::string option_of(const std::string& field) {
  if (field == "prefix_length_shortest") return "--prefix-shortest";
  if (field == "prefix_length_longest") return "--prefix-longest";
  if (field == "deadline_seconds") return "--deadline";
  if (field == "lifetime_seconds") return "--expires";
  if (field == "scopes") return "--scope";
  if (field == "mtu") return "--mtu";
  if (field == "home") return "--home";
  if (field == "note") return "--note";
  return field;
}

Failure failure_of(int status, const json& body) {
  const json error = body.is_object() ? body.value("error", json::object()) : json::object();
  std::string message = error.value("message", "tspd answered with status " + std::to_string(status));
  if (error.contains("field")) message = option_of(error.value("field", "")) + ": " + message;
  return {exit_code_of(status), message};
}

httplib::Client client_of(const std::string& socket_path) {
  httplib::Client client(socket_path);
  client.set_address_family(AF_UNIX);
  client.set_read_timeout(kAnswerTimeoutSeconds);
  // The target is encoded already; the library would encode it once more.
  client.set_url_encode(false);
  return client;
}

}  // namespace

std::expected<json, Failure> ApiClient::call(const std::string& method, const std::string& path,
                                             const json& body) const {
  if (auto obstacle = find_obstacle(socket_path_)) return std::unexpected(std::move(*obstacle));
  httplib::Client client = client_of(socket_path_);
  httplib::Request request;
  request.method = method;
  request.path = "/api/v1/" + path;
  request.set_header("Host", "localhost");
  if (!body.is_null()) {
    request.body = body.dump();
    request.set_header("Content-Type", "application/json");
  }
  const httplib::Result result = client.send(request);
  if (!result) return std::unexpected(Failure{ExitCode::Unavailable, "tspd did not answer"});
  json answer = json::parse(result->body, nullptr, false);
  if (result->status >= 300) return std::unexpected(failure_of(result->status, answer));
  if (answer.is_discarded()) return std::unexpected(Failure{ExitCode::Unavailable, "tspd's answer is not JSON"});
  return answer;
}

Failure ApiClient::follow(const std::string& path, const std::function<bool(std::string_view)>& take) const {
  if (auto obstacle = find_obstacle(socket_path_)) return std::move(*obstacle);
  httplib::Client client = client_of(socket_path_);
  int status = 0;
  std::string refusal;
  const auto read_head = [&](const httplib::Response& response) {
    status = response.status;
    return true;
  };
  const auto read_body = [&](const char* data, std::size_t size) {
    if (status < 300) return take({data, size});
    refusal.append(data, size);
    return true;
  };
  static_cast<void>(client.Get("/api/v1/" + path, {{"Host", "localhost"}}, read_head, read_body));
  if (status == 0) return {ExitCode::Unavailable, "tspd did not answer"};
  if (status >= 300) return failure_of(status, json::parse(refusal, nullptr, false));
  return {ExitCode::Unreachable, "tspd has ended the answer"};
}

}  // namespace tsp::tspctl
