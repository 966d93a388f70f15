// SPDX-License-Identifier: Apache-2.0
//
// The shape of a broker's answer, for people to review: its form, its status, its fields.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <tsp/client.h>

namespace tsp::replay {

// Names of fields whose values are written as '*'.
using IgnoredFields = std::set<std::string, std::less<>>;

struct AnswerShape {
  std::string text{};                // one line
  std::optional<unsigned> status{};  // none: the answer has none
  std::optional<Offer> offer{};
};

// An answer without the header of UDP. `expected_rspauth`: 32 hex digits; empty: not known.
[[nodiscard]] AnswerShape read_answer(std::string_view answer, std::string_view expected_rspauth,
                                      const IgnoredFields& ignored);

// Why gogoc, which cuts its answers into pieces by hand, could not use this offer; empty if it could.
[[nodiscard]] std::string complaint_of_gogoc(std::string_view answer);

}  // namespace tsp::replay
