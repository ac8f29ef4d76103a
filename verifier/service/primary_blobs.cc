#include "verifier/service/primary_blobs.h"

namespace assay::verifier {

Result<Bytes> PrimaryBlobs::get(const Digest& sha256) {
  Result<Bytes> kept = local_.get(sha256);
  if (kept.ok() || kept.error().code != Code::not_found) return kept;
  Result<Bytes> fetched = primary_.get_blob(sha256);
  if (fetched.ok() && assay::sha256(fetched.value()) == sha256) {
    (void)local_.put(sha256, fetched.value());  // a full folder is no reason not to answer
    return fetched;
  }
  if (!fetched.ok() && fetched.error().code == Code::not_found) {
    return fail(Code::not_found,
                "neither this replica nor " + primary_url_ + " has the blob " + sha256.hex());
  }
  return fail(Code::inconclusive,
              "this replica has not kept the blob " + sha256.hex() + ", and " + primary_url_ +
                  " does not give it now: " +
                  (fetched.ok() ? "it sent other bytes" : fetched.error().what));
}

}  // namespace assay::verifier
