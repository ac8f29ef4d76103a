#include "core/crypto/sha256.h"

#include <thread>

#include "tests/catch.h"

using namespace assay;

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
  struct Case {
    std::string message;
    const char* digest;
  };
  const Case cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const Case& c : cases) CHECK(sha256(as_bytes(c.message)).hex() == c.digest);
}

TEST_CASE("SHA-256 of pieces and of a stream is that of the whole, wherever it is cut") {
  Bytes message(200);
  for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<std::uint8_t>(i * 7);
  const ByteView view = message;
  const Digest whole = sha256(message);
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    CHECK(sha256({view.first(cut), view.subspan(cut)}) == whole);
    Sha256 stream;
    stream.update(view.first(cut));
    (void)sha256(as_bytes("another digest in between"));
    stream.update(view.subspan(cut));
    CHECK(stream.finish() == whole);
  }
  CHECK(sha256({}) == sha256(ByteView{}));
}

TEST_CASE("Threads that hash at the same time do not disturb each other") {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([t, &wrong] {
      const Bytes message(64 + t, static_cast<std::uint8_t>(t));
      const Digest first = sha256(message);
      for (int i = 0; i < 2000; ++i) wrong[t] += sha256(message) != first;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}
