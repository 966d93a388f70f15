// SPDX-License-Identifier: Apache-2.0
//
// Finds the fewest misfortunes that still make a run fail in the same way (delta debugging, Zeller's ddmin).
#pragma once

#include <functional>
#include <set>

namespace tsp::broker_sim {

// `fails` says whether the run with these misfortunes still fails; it must for `all`. No single one of the result can
// be left out.
[[nodiscard]] std::set<unsigned> minimize(const std::set<unsigned>& all,
                                          const std::function<bool(const std::set<unsigned>&)>& fails);

}  // namespace tsp::broker_sim
