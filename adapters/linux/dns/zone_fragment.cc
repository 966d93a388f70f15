// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/zone_fragment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "adapters/linux/net/file_descriptor.h"
#include "core/base/overloaded.h"
#include "core/wire/dns_name.h"

namespace tsp::linux_::dns {
namespace {

void append_records(std::string& text, const RrsetKey& key, const std::vector<RecordData>& data,
                    const std::string& ttl) {
  for (const RecordData& record : data) {
    text += key.name + ". " + ttl + " IN ";
    std::visit(Overloaded{[&](const std::string& target) { text += "NS " + target + ".\n"; },
                          [&](const IPv6Address& address) { text += "AAAA " + to_text(address) + '\n'; }},
               record);
  }
}

// False: errno says why.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0;
}

// The new name has to be on the disk, not only the new content.
bool sync_folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.valid() && ::fsync(fd.get()) == 0;
}

}  // namespace

std::expected<std::string, std::string> zone_fragment(std::string_view zone, std::span<const std::string> zones,
                                                      std::span<const DesiredRecords> desired,
                                                      std::uint32_t ttl_seconds) {
  std::vector<std::string> names;
  for (const std::string& one : zones) names.push_back(wire::canonical_name(one));
  const std::string wanted = wire::canonical_name(zone);
  Rrsets all;
  for (const DesiredRecords& of_owner : desired) {
    auto rrsets = to_rrsets(of_owner);
    if (!rrsets) return std::unexpected(rrsets.error());
    for (auto& [key, data] : *rrsets) {
      if (zone_of(names, key.name) == wanted) all.insert_or_assign(key, std::move(data));
    }
  }
  std::string text = "; Written by tspd, and written anew at each change.\n";
  const std::string ttl = std::to_string(ttl_seconds);
  for (const auto& [key, data] : all) append_records(text, key, data, ttl);
  return text;
}

std::expected<void, std::string> write_zone_fragment(const std::string& path, std::string_view text) {
  const auto failed = [&](const char* what) {
    return std::unexpected(std::string(what) + ' ' + path + ": " + std::strerror(errno));
  };
  std::string temporary = path + ".XXXXXX";
  const FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) return failed("cannot make a file beside");
  if (!write_all(file.get(), text) || ::fchmod(file.get(), 0644) != 0 ||
      std::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = failed("cannot write");
    ::unlink(temporary.c_str());
    return error;
  }
  if (!sync_folder_of(path)) return failed("cannot sync the folder of");
  return {};
}

}  // namespace tsp::linux_::dns
