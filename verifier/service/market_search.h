// A page of the market: filtered, sorted, and a cursor that leads on. Pure; any thread.
//
// A cursor says where a page ended: the row, and the numbers that it was sorted by then, so that
// what has moved since is neither skipped nor shown twice for it. It is opaque, and bound by a MAC
// to the query and the sort that it was given for.
#pragma once

#include "api/port/port.h"
#include "verifier/service/context.h"
#include "verifier/service/market.h"

namespace assay::verifier {

// Who is not asked how to sort comes by this: the most trusted first.
inline constexpr const char* kDefaultSort = "-score";

// `key`: secret, of this process. The document's members are in api/openapi.yaml ("Listing").
//   malformed    the query or the sort (the error says where), or a cursor that was not given for
//                them by this process
Result<api::Found> search_market(const Market& market, const Reading& context, const Digest& key,
                                 const api::Search& search);

// A row as documents show it.
wire::Json row_json(const Market& market, const Market::Row& row, const Reading& context);

}  // namespace assay::verifier
