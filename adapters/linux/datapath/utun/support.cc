// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/support.h"

#include <linux/netlink.h>
#include <linux/utun.h>
#include <sys/utsname.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "adapters/linux/netlink/sysctl.h"

namespace tsp::linux_::utun {
namespace {

constexpr std::pair kOldestKernel{5U, 10U};
constexpr std::string_view kManual = "docs/operating/kernel-module.md";

std::string release_of_kernel() {
  utsname name{};
  return uname(&name) == 0 ? name.release : "";
}

// "6.1.0-56-amd64": 6 and 1. What is no version is taken for a new one.
bool is_too_old(const std::string& release) {
  std::pair<unsigned, unsigned> version;
  const char* end = release.data() + release.size();
  const auto major = std::from_chars(release.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return false;
  if (std::from_chars(major.ptr + 1, end, version.second).ec != std::errc()) return false;
  return version < kOldestKernel;
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// The list that depmod writes.
std::optional<bool> is_installed(const std::string& release) {
  std::ifstream list("/lib/modules/" + release + "/modules.dep");
  if (!list) return std::nullopt;
  for (std::string line; std::getline(list, line);) {
    const std::string_view path = std::string_view(line).substr(0, line.find(':'));
    if (path.substr(path.rfind('/') + 1).starts_with("utun.ko")) return true;
  }
  return false;
}

// "none [integrity] confidentiality"
bool is_locked_down() {
  std::ifstream file("/sys/kernel/security/lockdown");
  std::string line;
  std::getline(file, line);
  return line.find('[') != std::string::npos && line.find("[none]") == std::string::npos;
}

// Four bytes of attributes, and one that is 1.
bool is_secure_boot_on() {
  std::ifstream file("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", std::ios::binary);
  std::string content;
  for (char c = 0; content.size() < 5 && file.get(c);) content += c;
  return content.size() == 5 && content[4] == 1;
}

}  // namespace

KernelFacts read_kernel_facts() {
  const std::string release = release_of_kernel();
  return {.release = release,
          .has_modules = exists("/proc/modules"),
          .loading_off = read_sysctl("kernel/modules_disabled") == "1",
          .loaded = exists("/sys/module/utun"),
          .installed = is_installed(release),
          .secure_boot = is_locked_down() || is_secure_boot_on()};
}

std::string explain_missing(const KernelFacts& facts) {
  const std::string manual = "; see " + std::string(kManual);
  if (is_too_old(facts.release)) {
    return "the kernel " + facts.release + " is older than 5.10, which the module utun needs";
  }
  if (facts.loaded) {
    return "the module utun that is loaded is another one of that name; remove it (rmmod utun) and load this one "
           "(modprobe utun)" +
           manual;
  }
  if (!facts.has_modules) return "the kernel " + facts.release + " cannot load modules, and so not utun";
  if (facts.loading_off) {
    return "the module utun is not loaded, and kernel.modules_disabled keeps it out until the next start of the host; "
           "load it before that is set (/etc/modules-load.d)";
  }
  if (facts.installed == false) {
    return "the module utun is not installed for the kernel " + facts.release +
           "; build it: make -C kmod-utun, or install its DKMS package" + manual;
  }
  if (facts.secure_boot) {
    return "the module utun is not loaded, and Secure Boot takes only signed ones; enrol the key that signed it "
           "(mokutil --import) and restart the host" +
           manual;
  }
  return "the module utun is not loaded; load it: modprobe utun (if that is refused, dmesg says why)" + manual;
}

std::expected<Family, std::string> find_module(NetlinkRequester& requester, const std::function<KernelFacts()>& facts) {
  const NetlinkAnswer answer = requester.exchange(find_family());
  if (answer.error == ENOENT) return std::unexpected(explain_missing(facts()));
  if (answer.error != 0) return std::unexpected("the module utun cannot be asked for: " + to_text(answer));
  const auto family = read_family(answer.message);
  if (!family || family->events == 0) return std::unexpected("the kernel's answer about the module utun is not known");
  if (family->version != UTUN_GENL_VERSION) {
    return std::unexpected("the module utun that is loaded has version " + std::to_string(family->version) +
                           " of its interface, and tspd needs version " + std::to_string(UTUN_GENL_VERSION) +
                           "; install the one that belongs to this tspd, then rmmod utun and modprobe utun; see " +
                           std::string(kManual));
  }
  return *family;
}

std::expected<Family, std::string> find_module() {
  auto socket = NetlinkSocket::open(NETLINK_GENERIC);
  if (!socket) return std::unexpected(socket.error());
  NetlinkRequester requester(std::move(*socket));
  return find_module(requester);
}

}  // namespace tsp::linux_::utun
