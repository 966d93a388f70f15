// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "adapters/linux/store/failure.h"

namespace tsp::linux_::sqlite {

using store::Failure;
using store::Fault;
using store::Result;

// The result code of SQLite in an operator's words, with SQLite's own after it.
[[nodiscard]] std::string describe_code(int code, const char* message);

}  // namespace tsp::linux_::sqlite
