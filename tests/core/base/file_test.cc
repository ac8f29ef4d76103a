#include "core/base/file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/vectors.h"

using namespace assay;
using test::answer;
using test::TemporaryFolder;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("What is written durably is read back, and no temporary stays") {
  const TemporaryFolder folder;
  const std::string path = folder / "f";
  for (const std::size_t size : {0U, 1U, 4096U, 1'000'000U}) {
    const Bytes bytes(size, 0xa5);
    REQUIRE(write_file_durably(path, bytes).ok());
    CHECK(read_file(path, size).value() == bytes);
    CHECK(folder.entries() == 1);
  }
}

TEST_CASE("A file is replaced whole, with the mode asked for") {
  const TemporaryFolder folder;
  const std::string path = folder / "f";
  const mode_t umask_before = ::umask(022);
  REQUIRE(write_file_durably(path, as_bytes("a longer first text"), 0644).ok());
  CHECK(mode_of(path) == 0644);
  REQUIRE(write_file_durably(path, as_bytes("second"), 0600).ok());
  ::umask(umask_before);
  CHECK(mode_of(path) == 0600);
  CHECK(as_text(read_file(path, 100).value()) == "second");
}

TEST_CASE("A small file is swapped only by who knows what it holds") {
  const TemporaryFolder folder;
  const std::string path = folder / "f";
  CHECK(read_text_if_there(path, 10).value() == std::nullopt);
  CHECK(answer(swap_file_durably(path, "", "a")) == "conflict");
  REQUIRE(swap_file_durably(path, {}, "a").ok());
  CHECK(answer(swap_file_durably(path, {}, "b")) == "conflict");
  CHECK(answer(swap_file_durably(path, "b", "c")) == "conflict");
  CHECK(answer(swap_file_durably(path, "aa", "c")) == "conflict");
  CHECK(read_text_if_there(path, 10).value() == "a");
  REQUIRE(swap_file_durably(path, "a", "longer").ok());
  CHECK(answer(swap_file_durably(path, "long", "c")) == "conflict");
  CHECK(answer(swap_file_durably(folder / "none/f", {}, "a")) == "storage");
  CHECK(read_text_if_there(path, 6).value() == "longer");
  CHECK(answer(read_text_if_there(path, 5)) == "malformed");
  CHECK(folder.entries() == 1);
}

TEST_CASE("A write that fails leaves the old file and nothing else") {
  const TemporaryFolder folder;
  REQUIRE(make_folders(folder / "taken").ok());  // a folder cannot be renamed over
  CHECK(answer(write_file_durably(folder / "taken", as_bytes("x"))) == "storage");
  CHECK(std::filesystem::is_directory(folder / "taken"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("A write into a folder that is not there, or is closed, says so") {
  const TemporaryFolder folder;
  CHECK(answer(write_file_durably(folder / "no/folder", as_bytes("x"))) == "not_found");
  REQUIRE(write_file_durably(folder / "file", as_bytes("x")).ok());
  CHECK(answer(write_file_durably(folder / "file/below", as_bytes("x"))) == "not_found");
  CHECK(folder.entries() == 1);
  if (::geteuid() == 0) return;  // root writes everywhere
  REQUIRE(make_folders(folder / "closed").ok());
  REQUIRE(::chmod((folder / "closed").c_str(), 0500) == 0);
  CHECK(answer(write_file_durably(folder / "closed/f", as_bytes("x"))) == "permission");
  REQUIRE(::chmod((folder / "closed").c_str(), 0700) == 0);
}

TEST_CASE("A file is read up to its cap and not beyond") {
  const TemporaryFolder folder;
  REQUIRE(write_file_durably(folder / "f", Bytes(100)).ok());
  CHECK(read_file(folder / "f", 100).value().size() == 100);
  CHECK(answer(read_file(folder / "f", 99)) == "malformed");
  CHECK(answer(read_file(folder / "f", 0)) == "malformed");
}

TEST_CASE("What is not a readable regular file is refused by name") {
  const TemporaryFolder folder;
  const Result<Bytes> absent = read_file(folder / "absent", 10);
  CHECK(answer(absent) == "not_found");
  CHECK(absent.error().what.find("absent") != std::string::npos);
  CHECK(answer(read_file(folder / ".", 10)) == "malformed");
  REQUIRE(write_file_durably(folder / "file", as_bytes("x")).ok());
  CHECK(answer(read_file(folder / "file/below", 10)) == "not_found");
  if (::geteuid() != 0) {  // root reads everything
    REQUIRE(write_file_durably(folder / "closed", as_bytes("x"), 0).ok());
    CHECK(answer(read_file(folder / "closed", 10)) == "permission");
  }
}

TEST_CASE("Pipes, devices and sockets are refused at once, not waited for or read without end") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);  // nobody will ever write to it
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(listener >= 0);
  REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  for (const std::string& path :
       {folder / "pipe", folder / "socket", std::string("/dev/zero"), std::string("/dev/null")}) {
    INFO(path);
    const Result<Bytes> bytes = read_file(path, 10);
    CHECK(answer(bytes) == "malformed");
    CHECK(bytes.error().what.find("regular file") != std::string::npos);
  }
  ::close(listener);
}

TEST_CASE("Folders are made with their parents, once or twice, but not over a file") {
  const TemporaryFolder folder;
  CHECK(make_folders(folder / "a/b/c").ok());
  CHECK(make_folders(folder / "a/b/c").ok());
  CHECK(std::filesystem::is_directory(folder / "a/b/c"));
  REQUIRE(write_file_durably(folder / "file", as_bytes("x")).ok());
  CHECK(answer(make_folders(folder / "file/below")) == "storage");
}
