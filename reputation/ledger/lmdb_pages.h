// Reads the pages of an LMDB data file and says whether LMDB can walk them safely. LMDB believes
// its own pages: one flipped bit in a page header or a node offset makes it read outside the map
// and stops the program, and a flipped separator hides records that are there. The values are not
// looked at: their seals guard them (store.h).
// Format: LMDB 0.9, data version 1, native byte order and 64 bits.
//
// What is checked: page numbers, kinds, bounds, depth, order of keys, counts of records, and that
// no page is used twice. What is checked when:
//   begin()   the two meta pages, the list of free pages, the list of tables, and the branch pages
//             of every table: one page in some hundred
//   look()    the leaf pages that an access to one key may read, unless they have been checked
//   walk()    every leaf page that nobody has looked at yet, and the counts of records
// What begin() saw must stay as it is until walk() is over: LMDB writes to no page that a reader
// may still see, so a read transaction begun together with this must live as long.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "reputation/ledger/lmdb_walk.h"

namespace assay::reputation {

// Thread-safe. The first damage found sticks: it is the answer of everything that follows.
class PageCheck {
 public:
  // Nothing may write to the file meanwhile. A missing or empty file is fine: there is nothing in
  // it to look at.
  //   storage      damaged, and where; or the file cannot be read
  static Result<std::unique_ptr<PageCheck>> begin(const std::string& data_path);
  ~PageCheck();

  // May LMDB look for this key (empty: the first one) in this table? Checks the leaf that holds it
  // or would hold it, and its neighbours: a scan goes on there, an erased record may have it merged
  // with one, and a separator that lies about its place shows in them.
  Status look(const std::string& table, ByteView key);
  Status look_last(const std::string& table);

  // All that is left. Stops early, without an error, once `stop` is set.
  Status walk(const std::atomic<bool>& stop);

  // The damage that was found, or success.
  Status sound() const;
  PageProgress progress() const;

 private:
  explicit PageCheck(std::unique_ptr<PageWalk> pages);
  template <class Act>
  Status noting(const Act& act);
  void finish();

  mutable std::mutex mutex_;
  std::unique_ptr<PageWalk>
      pages_;                      // under the mutex; null: there is nothing to look at (any more)
  Status sound_;                   // likewise
  PageProgress progress_;          // likewise, once pages_ are gone
  std::atomic<bool> done_{false};  // walk() found everything in order
  std::atomic<int> looking_{0};    // how many are in look()
};

// begin() and walk() at once, of a file that nobody has open.
Status check_lmdb_pages(const std::string& data_path);

}  // namespace assay::reputation
