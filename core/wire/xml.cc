// SPDX-License-Identifier: Apache-2.0
#include "core/wire/xml.h"

#include "core/wire/text.h"

namespace tsp::wire {

namespace {

constexpr unsigned kDepthMax = 8;
constexpr unsigned kAttributesMax = 16;
// All that is refused must become a node to be seen; nothing is unescaped. Fragment: text beside the root is seen too.
constexpr unsigned kParseFlags =
    pugi::parse_cdata | pugi::parse_pi | pugi::parse_doctype | pugi::parse_declaration | pugi::parse_fragment;

bool has_entity(std::string_view value) {
  return value.find('&') != std::string_view::npos;
}

bool attributes_are_sound(const pugi::xml_node& element) {
  unsigned count = 0;
  for (const pugi::xml_attribute& attribute : element.attributes()) {
    if (++count > kAttributesMax || has_entity(attribute.value())) return false;
    // attribute() finds the first of that name.
    if (element.attribute(attribute.name()) != attribute) return false;
  }
  return true;
}

class TreeCheck {
 public:
  explicit TreeCheck(const XmlLimits& limits) : limits_(limits) {}

  [[nodiscard]] bool children_are_sound(const pugi::xml_node& parent, unsigned depth) {
    for (const pugi::xml_node& child : parent.children()) {
      if (!is_sound(child, depth)) return false;
    }
    return true;
  }

 private:
  bool is_sound(const pugi::xml_node& node, unsigned depth) {
    switch (node.type()) {
      case pugi::node_element:
        return depth < kDepthMax && ++elements_ <= limits_.elements_max && attributes_are_sound(node) &&
               children_are_sound(node, depth + 1);
      case pugi::node_pcdata:
        return depth > 0 && !has_entity(node.value());
      case pugi::node_declaration:
        return depth == 0 && limits_.declaration_allowed && attributes_are_sound(node);
      case pugi::node_null:
      case pugi::node_document:
      case pugi::node_cdata:
      case pugi::node_comment:
      case pugi::node_pi:
      case pugi::node_doctype:
        return false;
    }
    return false;
  }

  const XmlLimits& limits_;
  unsigned elements_ = 0;
};

}  // namespace

std::optional<pugi::xml_node> load_tunnel(pugi::xml_document& document, std::string_view xml, const XmlLimits& limits) {
  if (xml.size() > limits.size_max || xml.find('\0') != std::string_view::npos) return std::nullopt;
  // The encoding is given: guessing it would let UTF-16 past the check for NUL.
  if (!document.load_buffer(xml.data(), xml.size(), kParseFlags, pugi::encoding_utf8)) return std::nullopt;
  if (!TreeCheck(limits).children_are_sound(document, 0)) return std::nullopt;
  const pugi::xml_node root = document.document_element();
  if (root.name() != "tunnel"sv || root.next_sibling()) return std::nullopt;
  return root;
}

std::string text_of(const pugi::xml_node& element) {
  std::string text;
  for (const pugi::xml_node& child : element.children()) text += child.value();  // a comment splits the text
  return std::string(trim(text));
}

}  // namespace tsp::wire
