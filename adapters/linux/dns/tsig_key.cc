// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/tsig_key.h"

#include <algorithm>
#include <optional>

#include "adapters/linux/net/private_file.h"
#include "core/wire/base64.h"
#include "core/wire/dns_name.h"
#include "core/wire/text.h"

namespace tsp::linux_::dns {
namespace {

constexpr std::size_t kFileSizeMax = 65536;
constexpr std::size_t kSecretSizeMin = 16;  // RFC 8945 section 8 asks for as much as the hash; 128 bits are in use
constexpr std::string_view kForm = R"(key "NAME" { algorithm hmac-sha256; secret "BASE64"; };)";

// Cuts named.conf's syntax into words, strings and the signs { } ;
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  [[nodiscard]] int line() const { return line_; }
  [[nodiscard]] bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  // Empty at the end, and for what is no token: nothing that is expected is empty.
  std::string_view next() {
    skip_blanks();
    if (rest_.empty()) return {};
    if (std::string_view("{};").contains(rest_.front())) return cut(1);
    if (rest_.front() == '"') return next_string();
    const auto end = rest_.find_first_of(" \t\r\n{};\"");
    return cut(std::min(end, rest_.size()));
  }

 private:
  std::string_view cut(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    line_ += static_cast<int>(std::ranges::count(taken, '\n'));
    rest_.remove_prefix(size);
    return taken;
  }
  void cut_through(std::string_view end) {
    const auto at = rest_.find(end);
    cut(at == std::string_view::npos ? rest_.size() : at + end.size());
  }
  void skip_blanks() {
    while (!rest_.empty()) {
      if (wire::kWhiteSpace.contains(rest_.front())) {
        cut(1);
      } else if (rest_.starts_with('#') || rest_.starts_with("//")) {
        cut_through("\n");
      } else if (rest_.starts_with("/*")) {
        cut_through("*/");
      } else {
        return;
      }
    }
  }
  std::string_view next_string() {
    cut(1);
    const auto end = rest_.find_first_of("\"\n");
    if (end == std::string_view::npos || rest_[end] != '"') return {};
    const std::string_view text = cut(end);
    cut(1);
    return text;
  }

  std::string_view rest_;
  int line_ = 1;
};

bool is_key_name(std::string_view name) {
  std::string plain(name);
  std::ranges::replace(plain, '_', 'x');  // in use in names of keys, which are no names of hosts
  return wire::valid_dns_name(plain);
}

std::optional<TsigAlgorithm> to_algorithm(std::string_view text) {
  for (const auto algorithm : {TsigAlgorithm::HmacSha256, TsigAlgorithm::HmacSha512}) {
    if (wire::equal_ignoring_case(text, name_of(algorithm))) return algorithm;
  }
  return std::nullopt;
}

class KeyParser {
 public:
  explicit KeyParser(std::string_view text) : tokens_(text) {}

  std::expected<TsigKey, std::string> parse() {
    if (tokens_.next() != "key") return wrong("expected " + std::string(kForm));
    const std::string_view name = tokens_.next();
    if (!is_key_name(name)) return wrong("the name of the key is no DNS name, expected " + std::string(kForm));
    key_.name = wire::canonical_name(name);
    if (tokens_.next() != "{") return wrong("expected { after the key's name");
    while (true) {
      const std::string_view word = tokens_.next();
      if (word == "}") break;
      if (auto taken = take(word); !taken) return std::unexpected(taken.error());
    }
    if (tokens_.next() != ";") return wrong("expected ; after }");
    if (!tokens_.at_end()) return wrong("expected the end of the file after the first key");
    if (!has_algorithm_) return wrong("expected an algorithm for the key");
    if (key_.secret.empty()) return wrong("expected a secret for the key");
    return std::move(key_);
  }

 private:
  std::unexpected<std::string> wrong(std::string what) {
    return std::unexpected("line " + std::to_string(tokens_.line()) + ": " + std::move(what));
  }

  std::expected<void, std::string> take(std::string_view word) {
    if (word == "algorithm") {
      const auto algorithm = to_algorithm(tokens_.next());
      if (!algorithm) return wrong("the algorithm is not supported, expected hmac-sha256 or hmac-sha512");
      key_.algorithm = *algorithm;
      has_algorithm_ = true;
    } else if (word == "secret") {
      const auto secret = wire::base64_decode(tokens_.next());
      if (!secret || secret->size() < kSecretSizeMin) {
        return wrong("the secret is not 16 or more octets in base64, expected one as tsig-keygen makes it");
      }
      key_.secret.assign(secret->begin(), secret->end());
    } else {
      return wrong("expected algorithm, secret or }");
    }
    if (tokens_.next() != ";") return wrong("expected ; after the " + std::string(word));
    return {};
  }

  Tokens tokens_;
  TsigKey key_;
  bool has_algorithm_ = false;
};

}  // namespace

std::string_view name_of(TsigAlgorithm algorithm) {
  switch (algorithm) {
    case TsigAlgorithm::HmacSha256:
      return "hmac-sha256";
    case TsigAlgorithm::HmacSha512:
      return "hmac-sha512";
  }
  return {};
}

std::expected<TsigKey, std::string> parse_tsig_key(std::string_view text) {
  return KeyParser(text).parse();
}

std::expected<TsigKey, std::string> load_tsig_key(const std::string& path) {
  const auto text = read_private_file(path, kFileSizeMax + 1);
  if (!text) return std::unexpected("TSIG key " + path + " " + text.error());
  if (text->size() > kFileSizeMax)
    return std::unexpected("TSIG key " + path + " has more than 64 KiB, expected one key");
  auto key = parse_tsig_key(*text);
  if (!key) return std::unexpected("TSIG key " + path + ": " + key.error());
  return key;
}

}  // namespace tsp::linux_::dns
