// SPDX-License-Identifier: Apache-2.0
//
// What must not get past the XML reader, seen through the requests it reads.
#include "core/wire/xml.h"

#include <gtest/gtest.h>

#include "core/wire/message.h"

namespace tsp::wire {
namespace xml_test {

using namespace std::string_view_literals;

bool refused(std::string_view xml) {
  const auto request = parse_request(xml);
  return !request && request.error() == Status::InvalidRequest;
}

// `count` times `element` inside an accept request.
std::string accept_with(std::string_view element, int count) {
  std::string xml = R"(<tunnel action="accept">)";
  for (int i = 0; i < count; ++i) xml += element;
  return xml + "</tunnel>";
}

std::string nested(int depth) {
  std::string xml = R"(<tunnel action="accept">)";
  for (int i = 1; i < depth; ++i) xml += "<x>";
  for (int i = 1; i < depth; ++i) xml += "</x>";
  return xml + "</tunnel>";
}

std::string with_attributes(int count) {
  std::string xml = "<tunnel action=\"accept\"";
  for (int i = 1; i < count; ++i) xml += " a" + std::to_string(i) + "=\"\"";
  return xml + "/>";
}

TEST(XmlHardening, DoctypesAreRefused) {
  EXPECT_TRUE(refused(R"(<!DOCTYPE tunnel><tunnel action="accept"/>)"));
  EXPECT_TRUE(refused(R"(<!DOCTYPE t [<!ENTITY a "b">]><tunnel action="accept"/>)"));
  EXPECT_TRUE(refused(R"(<!DOCTYPE t SYSTEM "http://192.0.2.1/t.dtd"><tunnel action="accept"/>)"));
  EXPECT_TRUE(refused(R"(<tunnel action="accept"/><!DOCTYPE tunnel>)"));
  EXPECT_TRUE(refused(R"(<tunnel action="accept"><!DOCTYPE tunnel></tunnel>)"));
}

TEST(XmlHardening, EntitiesAndCharacterReferencesAreRefused) {
  for (const std::string_view reference : {"&lt;", "&amp;", "&x;", "&#65;", "&#x41;", "&"}) {
    EXPECT_TRUE(refused(accept_with("<x>" + std::string(reference) + "</x>", 1))) << reference;
    EXPECT_TRUE(refused(accept_with("<x a=\"" + std::string(reference) + "\"/>", 1))) << reference;
  }
}

TEST(XmlHardening, ProcessingInstructionsAndDeclarationsAreRefused) {
  EXPECT_TRUE(refused(R"(<?xml version="1.0"?><tunnel action="accept"/>)"));
  EXPECT_TRUE(refused(R"(<?php x ?><tunnel action="accept"/>)"));
  EXPECT_TRUE(refused(R"(<tunnel action="accept"><?x?></tunnel>)"));
  EXPECT_TRUE(refused(R"(<tunnel action="accept"/><?x?>)"));
}

TEST(XmlHardening, CdataSectionsAreRefused) {
  EXPECT_TRUE(refused(accept_with("<x><![CDATA[a]]></x>", 1)));
}

TEST(XmlHardening, NulBytesAreRefused) {
  EXPECT_TRUE(refused("<tunnel action=\"accept\"></tunnel>\0"sv));
  EXPECT_TRUE(refused("<tunnel action=\"accept\">\0</tunnel>"sv));
  EXPECT_TRUE(refused("\0<tunnel action=\"accept\"/>"sv));
}

TEST(XmlHardening, OtherEncodingsAreRefused) {
  std::string utf16 = "\xFF\xFE";
  for (const char c : "<tunnel action=\"accept\"/>"sv) utf16.append({c, '\0'});
  EXPECT_TRUE(refused(utf16));
}

TEST(XmlHardening, DepthIsBounded) {
  EXPECT_FALSE(refused(nested(8)));
  EXPECT_TRUE(refused(nested(9)));
  EXPECT_TRUE(refused(nested(500)));
}

TEST(XmlHardening, ElementsAreBounded) {
  EXPECT_FALSE(refused(accept_with("<x/>", 63)));
  EXPECT_TRUE(refused(accept_with("<x/>", 64)));
}

TEST(XmlHardening, AttributesAreBounded) {
  EXPECT_FALSE(refused(with_attributes(16)));
  EXPECT_TRUE(refused(with_attributes(17)));
}

TEST(XmlHardening, SizeIsBounded) {
  const std::string fits(kMessageSizeMax - accept_with("", 1).size(), ' ');
  EXPECT_FALSE(refused(accept_with(fits, 1)));
  EXPECT_TRUE(refused(accept_with(fits + ' ', 1)));
}

TEST(XmlHardening, OnlyOneTunnelElementIsADocument) {
  for (const std::string_view xml :
       {"", " ", "tunnel", "<", "<tunnel", "<tunnel action=\"accept\">", "</tunnel>", "<tunnel action=\"accept\"></x>",
        "<tunnel action=\"accept\"/><tunnel action=\"reject\"/>", "<tunnel action=\"accept\"/>x",
        "x<tunnel action=\"accept\"/>", "<Tunnel action=\"accept\"/>", "<x><tunnel action=\"accept\"/></x>",
        "<tunnel action=accept/>", "<tunnel action=\"accept/>", "<tunnel action=\"accept\"><!-- </tunnel>"}) {
    EXPECT_TRUE(refused(xml)) << xml;
  }
}

}  // namespace xml_test
}  // namespace tsp::wire
