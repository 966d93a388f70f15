// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/capture_reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>

#include "tools/capture/capture_writer.h"
#include "tools/capture/encapsulate.h"

namespace tsp::capture {
namespace capture_reader_test {

using std::chrono::microseconds;
using std::chrono::seconds;

const Bytes kPacket = encapsulate(make_endpoint({{10, 0, 0, 2}}, 40000), make_endpoint({{192, 0, 2, 1}}, 3653),
                                  as_bytes("VERSION=2.0.2\r\n"));

class Reading : public testing::Test {
 protected:
  ~Reading() override { std::filesystem::remove(path_); }

  // A file of one frame: the packet behind `header`, of which the last `missing` bytes were not captured.
  void write(std::uint32_t link_type, const Bytes& header, std::uint32_t missing = 0) const {
    Bytes frame = header;
    frame.insert(frame.end(), kPacket.begin(), kPacket.end());
    const auto size = static_cast<std::uint32_t>(frame.size());
    std::ofstream file(path_, std::ios::binary);
    for (const std::uint32_t word :
         {0xA1B2C3D4U, 0x00040002U, 0U, 0U, 65535U, link_type, 1700000000U, 250U, size - missing, size}) {
      file.write(reinterpret_cast<const char*>(&word), sizeof word);
    }
    file.write(reinterpret_cast<const char*>(frame.data()), size - missing);
  }
  CapturedPacket read() const {
    auto reader = CaptureReader::open(path_);
    EXPECT_TRUE(reader.has_value());
    auto packet = reader->next();
    EXPECT_TRUE(packet.has_value() && packet->has_value());
    const auto after = reader->next();
    EXPECT_TRUE(after.has_value() && !after->has_value());
    return **packet;
  }

  std::string path_ = testing::TempDir() + "capture_reader_test_" +
                      testing::UnitTest::GetInstance()->current_test_info()->name() + ".pcap";
};

TEST_F(Reading, GivesBackWhatTheWriterWrote) {
  {
    auto writer = CaptureWriter::create(path_);
    ASSERT_TRUE(writer.has_value());
    writer->write(seconds(1700000000) + microseconds(123456), kPacket);
  }
  const CapturedPacket packet = read();
  EXPECT_EQ(packet.at, seconds(1700000000) + microseconds(123456));
  EXPECT_EQ(packet.ip, kPacket);
  EXPECT_EQ(packet.missing, 0U);
}

TEST_F(Reading, TakesOffAnEthernetHeader) {
  write(1, {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7, 0x08, 0x00});
  EXPECT_EQ(read().ip, kPacket);
}

TEST_F(Reading, TakesOffVlanTags) {
  write(1, {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7, 0x88, 0xA8, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00});
  EXPECT_EQ(read().ip, kPacket);
}

TEST_F(Reading, TakesOffBothCookedHeaders) {
  write(113, {0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x08, 0x00});
  EXPECT_EQ(read().ip, kPacket);
  write(276, {0x08, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0});
  EXPECT_EQ(read().ip, kPacket);
}

TEST_F(Reading, OtherProtocolsHaveNoPacket) {
  write(1, {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7, 0x08, 0x06});
  EXPECT_TRUE(read().ip.empty());
}

TEST_F(Reading, SaysWhatWasNotCaptured) {
  write(101, {}, 7);
  const CapturedPacket packet = read();
  EXPECT_EQ(packet.missing, 7U);
  EXPECT_EQ(packet.ip.size(), kPacket.size() - 7);
}

TEST_F(Reading, RefusesLinkTypesThatItDoesNotKnow) {
  write(105, {});  // IEEE 802.11
  EXPECT_FALSE(CaptureReader::open(path_).has_value());
}

TEST_F(Reading, ADamagedFileIsAnErrorAndNotAnEnd) {
  write(101, {});
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  auto reader = CaptureReader::open(path_);
  ASSERT_TRUE(reader.has_value());
  EXPECT_FALSE(reader->next().has_value());
}

TEST_F(Reading, AFileThatIsNotThereIsAnError) {
  EXPECT_FALSE(CaptureReader::open(path_ + "-nowhere").has_value());
}

}  // namespace capture_reader_test
}  // namespace tsp::capture
