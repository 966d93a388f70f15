// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/tsig.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>

#include <utility>

#include "adapters/linux/dns/answer.h"
#include "adapters/linux/dns/records.h"
#include "adapters/linux/dns/wire_format.h"

namespace tsp::linux_::dns {
namespace {

constexpr std::size_t kAdditionalCountAt = 10;
constexpr std::uint16_t kBadSig = 16;
constexpr std::uint16_t kBadKey = 17;
constexpr std::uint16_t kBadTime = 18;

std::uint64_t to_seconds(WallTime at) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(at.since_epoch).count());
}

Bytes hmac(const TsigKey& key, ByteView data) {
  Bytes mac;
  switch (key.algorithm) {
    case TsigAlgorithm::HmacSha256: {
      hmac_sha256_ctx context;
      hmac_sha256_set_key(&context, key.secret.size(), key.secret.data());
      hmac_sha256_update(&context, data.size(), data.data());
      mac.resize(SHA256_DIGEST_SIZE);
      hmac_sha256_digest(&context, mac.size(), mac.data());
      break;
    }
    case TsigAlgorithm::HmacSha512: {
      hmac_sha512_ctx context;
      hmac_sha512_set_key(&context, key.secret.size(), key.secret.data());
      hmac_sha512_update(&context, data.size(), data.data());
      mac.resize(SHA512_DIGEST_SIZE);
      hmac_sha512_digest(&context, mac.size(), mac.data());
      break;
    }
  }
  return mac;
}

// Section 4.3.3: what of the record itself is signed.
void append_variables(Bytes& out, const TsigKey& key, const TsigRecord& tsig) {
  append_name(out, key.name);
  append_u16(out, kClassAny);
  append_u32(out, 0);  // TTL
  append_name(out, name_of(key.algorithm));
  append_u48(out, tsig.time_signed);
  append_u16(out, tsig.fudge);
  append_u16(out, tsig.error);
  append_u16(out, static_cast<std::uint16_t>(tsig.other.size()));
  append(out, tsig.other);
}

void append_tsig(Bytes& message, const TsigKey& key, const TsigRecord& tsig) {
  append_name(message, key.name);
  append_u16(message, static_cast<std::uint16_t>(RecordType::TSIG));
  append_u16(message, kClassAny);
  append_u32(message, 0);
  const std::size_t size_at = message.size();
  append_u16(message, 0);
  append_name(message, name_of(key.algorithm));
  append_u48(message, tsig.time_signed);
  append_u16(message, tsig.fudge);
  append_u16(message, static_cast<std::uint16_t>(tsig.mac.size()));
  append(message, tsig.mac);
  append_u16(message, tsig.original_id);
  append_u16(message, tsig.error);
  append_u16(message, static_cast<std::uint16_t>(tsig.other.size()));
  append(message, tsig.other);
  put_u16(message, size_at, static_cast<std::uint16_t>(message.size() - size_at - 2));
}

// Section 5.3: the request's MAC, the answer as it was before it was signed, and the variables.
bool is_genuine(ByteView bytes, const Answer& answer, const TsigRecord& tsig, const SignedRequest& request,
                const TsigKey& key) {
  Bytes data;
  append_u16(data, static_cast<std::uint16_t>(request.mac.size()));
  append(data, request.mac);
  const std::size_t message_at = data.size();
  append(data, bytes.first(answer.size_without_tsig));
  put_u16(data, message_at, tsig.original_id);
  const auto additional = static_cast<std::uint16_t>(get_u16(bytes, kAdditionalCountAt) - 1U);
  put_u16(data, message_at + kAdditionalCountAt, additional);
  append_variables(data, key, tsig);
  const Bytes wanted = hmac(key, data);
  return tsig.mac.size() == wanted.size() && nettle_memeql_sec(tsig.mac.data(), wanted.data(), wanted.size()) != 0;
}

std::unexpected<Rejection> temporary(std::string text) {
  return std::unexpected(Rejection{.is_temporary = true, .text = std::move(text)});
}

std::unexpected<Rejection> permanent(std::string text) {
  return std::unexpected(Rejection{.is_temporary = false, .text = std::move(text)});
}

std::string in_words(std::uint8_t code) {
  switch (code) {
    case 1:
      return "the server could not read the update";
    case 2:
      return "the server failed; its log says why";
    case 4:
      return "the server does not know dynamic updates";
    case 5:
      return "the server does not allow this key to change the zone, or takes no updates";
    case 9:
      return "the server is not primary for the zone";
    case 10:
      return "a name does not lie in the zone";
    default:
      return "the server refused the update";
  }
}

std::expected<void, Rejection> judge_code(std::uint8_t code) {
  constexpr std::uint8_t kServerFailed = 2;
  if (code == 0) return {};
  std::string text = name_of_code(code) + ": " + in_words(code);
  return code == kServerFailed ? temporary(std::move(text)) : permanent(std::move(text));
}

// Errors of section 5.2 that cannot be signed, because there is no common key.
std::expected<void, Rejection> judge_key_errors(const TsigRecord& tsig, const TsigKey& key) {
  if (tsig.error == kBadKey) {
    return permanent("BADKEY: the server does not know the key " + key.name + " with " +
                     std::string(name_of(key.algorithm)) + ", or does not let it change the zone");  // Knot says so
  }
  if (tsig.error == kBadSig) {
    return permanent("BADSIG: the server's secret of the key " + key.name + " is another one");
  }
  return {};
}

std::string clock_text(const TsigRecord& tsig, std::uint64_t now) {
  std::uint64_t server_time = 0;
  for (const std::uint8_t octet : tsig.other) server_time = server_time << 8 | octet;
  std::string text = "BADTIME: the clocks are more than " + std::to_string(kFudgeSeconds) + " s apart";
  if (tsig.other.size() != 6) return text;
  const std::uint64_t apart = server_time > now ? server_time - now : now - server_time;
  return text + "; the server's is " + std::to_string(apart) + (server_time > now ? " s ahead" : " s behind");
}

}  // namespace

SignedRequest sign(Bytes message, const TsigKey& key, WallTime now) {
  TsigRecord tsig;
  tsig.time_signed = to_seconds(now);
  tsig.fudge = kFudgeSeconds;
  tsig.original_id = get_u16(message, 0);
  Bytes data = message;
  append_variables(data, key, tsig);
  tsig.mac = hmac(key, data);
  append_tsig(message, key, tsig);
  const auto additional = static_cast<std::uint16_t>(get_u16(message, kAdditionalCountAt) + 1U);
  put_u16(message, kAdditionalCountAt, additional);
  return {.message = std::move(message), .mac = std::move(tsig.mac)};
}

std::expected<void, Rejection> judge_answer(ByteView bytes, const SignedRequest& request, const TsigKey& key,
                                            WallTime now) {
  const auto answer = parse_answer(bytes);
  if (!answer) return temporary("the answer cannot be read: " + answer.error());
  if (answer->id != get_u16(request.message, 0)) return temporary("the answer belongs to another request");
  if (!answer->tsig) {
    if (answer->code == 0) return temporary("the answer is not signed, and not believed");
    return judge_code(answer->code);
  }
  const TsigRecord& tsig = *answer->tsig;
  if (auto judged = judge_key_errors(tsig, key); !judged) return judged;
  if (tsig.key_name != key.name || tsig.algorithm != name_of(key.algorithm)) {
    return temporary("the answer is signed with another key or algorithm, expected " + key.name + " with " +
                     std::string(name_of(key.algorithm)));
  }
  if (!is_genuine(bytes, *answer, tsig, request, key)) {
    return temporary("the answer's signature is wrong, and the answer is not believed");
  }
  const std::uint64_t seconds = to_seconds(now);
  if (tsig.error == kBadTime) return temporary(clock_text(tsig, seconds));
  const std::uint64_t apart = seconds > tsig.time_signed ? seconds - tsig.time_signed : tsig.time_signed - seconds;
  if (apart > kFudgeSeconds) {
    return temporary("the answer was signed " + std::to_string(apart) + " s from now, expected at most " +
                     std::to_string(kFudgeSeconds));
  }
  if (tsig.error != 0) return permanent(name_of_code(tsig.error) + ": the server refused the signature");
  return judge_code(answer->code);
}

}  // namespace tsp::linux_::dns
