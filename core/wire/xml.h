// SPDX-License-Identifier: Apache-2.0
//
// Reading XML that strangers send, within bounds and without anything that could expand or fetch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace tsp::wire {

inline constexpr std::uint32_t kKeepaliveSecondsMax = 86400;  // the attribute `interval`

struct XmlLimits {
  std::size_t size_max = 0;
  unsigned elements_max = 0;
  bool declaration_allowed = false;  // <?xml …?>, which some servers send
};

// The root element of `xml`, kept alive by `document`; none if `xml` is not one well-formed <tunnel> element,
// breaks a limit (also: depth 8, 16 attributes an element), or has a NUL, DTD, entity, processing instruction, CDATA
// section or an attribute twice in one element. Comments are skipped.
[[nodiscard]] std::optional<pugi::xml_node> load_tunnel(pugi::xml_document& document, std::string_view xml,
                                                        const XmlLimits& limits);

// The text directly inside an element, without white space around it.
[[nodiscard]] std::string text_of(const pugi::xml_node& element);

}  // namespace tsp::wire
