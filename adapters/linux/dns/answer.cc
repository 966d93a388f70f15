// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/answer.h"

#include <array>
#include <string_view>

#include "adapters/linux/dns/records.h"
#include "adapters/linux/dns/wire_format.h"

namespace tsp::linux_::dns {
namespace {

constexpr std::uint16_t kIsAnswer = 0x8000;
constexpr std::uint16_t kOpcodeMask = 0x7800;
constexpr std::uint16_t kOpcodeUpdate = 5 << 11;
constexpr std::uint16_t kCodeMask = 0x000F;
constexpr auto kTypeTsig = static_cast<std::uint16_t>(RecordType::TSIG);

std::unexpected<std::string> refused(std::string_view what) {
  return std::unexpected(std::string(what));
}

// The data of a TSIG record; nothing if it is not what it should be.
std::optional<TsigRecord> read_tsig(WireReader& reader, std::size_t end) {
  TsigRecord tsig;
  tsig.algorithm = reader.name();
  tsig.time_signed = reader.u48();
  tsig.fudge = reader.u16();
  const ByteView mac = reader.take(reader.u16());
  tsig.mac.assign(mac.begin(), mac.end());
  tsig.original_id = reader.u16();
  tsig.error = reader.u16();
  const ByteView other = reader.take(reader.u16());
  tsig.other.assign(other.begin(), other.end());
  if (!reader.ok() || reader.at() != end) return std::nullopt;
  return tsig;
}

struct Record {
  std::size_t begin = 0;
  std::uint16_t type = 0;
  std::uint16_t record_class = 0;
  std::uint32_t ttl = 0;
  std::size_t data_begin = 0;
  std::size_t end = 0;
};

Record read_record(WireReader& reader) {
  Record record;
  record.begin = reader.at();
  reader.skip_name();
  record.type = reader.u16();
  record.record_class = reader.u16();
  record.ttl = reader.u32();
  const std::size_t size = reader.u16();
  record.data_begin = reader.at();
  reader.take(size);
  record.end = reader.at();
  return record;
}

std::expected<void, std::string> take_signature(Answer& answer, ByteView message, const Record& record) {
  if (record.record_class != kClassAny || record.ttl != 0) {
    return refused("a TSIG record of another class than ANY or with a TTL");  // RFC 8945 section 4.2
  }
  WireReader name(message, record.begin);
  WireReader data(message, record.data_begin);
  auto tsig = read_tsig(data, record.end);
  if (!tsig) return refused("a TSIG record whose fields do not fill it");
  tsig->key_name = name.name();
  if (!name.ok()) return refused("a TSIG record whose name is broken");
  answer.tsig = std::move(*tsig);
  answer.size_without_tsig = record.begin;
  return {};
}

}  // namespace

std::expected<Answer, std::string> parse_answer(ByteView message) {
  if (message.size() < kHeaderSize) return refused("fewer octets than a header has");
  const std::uint16_t flags = get_u16(message, 2);
  if ((flags & kIsAnswer) == 0) return refused("a request, expected an answer");
  if ((flags & kOpcodeMask) != kOpcodeUpdate) return refused("an answer to something else than an update");
  Answer answer{.id = get_u16(message, 0),
                .code = static_cast<std::uint8_t>(flags & kCodeMask),
                .tsig = std::nullopt,
                .size_without_tsig = message.size()};

  WireReader reader(message, kHeaderSize);
  for (unsigned zones = get_u16(message, 4); zones > 0 && reader.ok(); --zones) {
    reader.skip_name();
    reader.take(4);
  }
  const unsigned additional = get_u16(message, 10);
  // Each record is at least 11 octets of at most 65535: it is read in no time, whatever the counts say.
  for (unsigned left = 0U + get_u16(message, 6) + get_u16(message, 8) + additional; left > 0; --left) {
    const Record record = read_record(reader);
    if (!reader.ok()) break;
    if (record.type != kTypeTsig) continue;
    // RFC 8945 section 5.1: the last of the additional records.
    if (left != 1 || additional == 0) return refused("a TSIG record that is not the last one");
    if (auto taken = take_signature(answer, message, record); !taken) return refused(taken.error());
  }
  if (!reader.ok()) return refused("a message that ends before its last record");
  if (reader.at() != message.size()) return refused("octets after the last record");
  return answer;
}

std::string name_of_code(std::uint16_t code) {
  // RFC 2136 section 2.2, RFC 8945 section 3.
  static constexpr std::array<std::string_view, 11> kNames = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                              "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                              "NXRRSET", "NOTAUTH", "NOTZONE"};
  static constexpr std::array<std::string_view, 3> kTsigNames = {"BADSIG", "BADKEY", "BADTIME"};
  if (code < kNames.size()) return std::string(kNames[code]);
  if (code >= 16 && code < 16 + kTsigNames.size()) return std::string(kTsigNames[code - 16U]);
  return code == 22 ? "BADTRUNC" : "code " + std::to_string(code);
}

}  // namespace tsp::linux_::dns
