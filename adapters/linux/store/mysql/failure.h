// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "adapters/linux/store/failure.h"

namespace tsp::linux_::mysql {

using store::Failure;
using store::Fault;
using store::Result;

// The error code of server or client library in an operator's words, with the library's own after it.
[[nodiscard]] std::string describe_code(unsigned code, const char* message);
// Of a connection that is there. Unlike one that is being made, it cannot be refused any more.
[[nodiscard]] Fault fault_in_use(unsigned code);
[[nodiscard]] Fault fault_at_connect(unsigned code);
// The server's code where the client library has one of its own: before TLS is there it takes the server's error for
// forged, and has it in its text only. Who could forge it could break the connection as well, and that is all it does.
[[nodiscard]] unsigned code_at_connect(unsigned code, std::string_view message);
// Whether a server that answers COMMIT with this code has surely not committed.
[[nodiscard]] bool surely_not_committed(unsigned code);

}  // namespace tsp::linux_::mysql
