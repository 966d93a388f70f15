// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tsp {

// A visitor of a variant, made of one lambda for each alternative.
template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace tsp
