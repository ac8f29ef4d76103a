// The workload "render", version 1: a picture of a renter's scene, tile by tile.
//
// parameters {"width": 1..8192, "height": 1..8192, "samples": 1..65536, "max_bounces": 0..64 = 8}
// inputs     "scene" (scene.h says what may be in it) and the OBJ files that it names
// steps      independent; step i is tile i-1 of 64x64 pixels, row by row from the top left, smaller
//            at the right and the lower edge
// output     s64 [height, width, 3] of the tile: per pixel and channel the sum over all samples of
//            the path's radiance in 2^-20ths (film.h), so that no order of summing can matter
// state      one u8 tensor of 32: SHA-256 of "assay/render-start/v1\n", the four parameters (u32
//            LE) and, for each input in the order's order, the length of its name (u32 LE), the
//            name, and its digest
// result     the outputs one after the other; as a file picture.png
#pragma once

#include "core/compute/program.h"

namespace assay::compute {

inline constexpr std::uint32_t kTileSide = 64;
inline constexpr std::uint32_t kPictureSideMax = 8192;
inline constexpr std::uint32_t kSamplesMax = 65536;

//   malformed    parameters, scene or meshes outside the schema or the caps: which, and what is
//                allowed; an input that the scene does not use
//   no_evidence  an input could not be had (handed on from `inputs`)
Result<std::unique_ptr<Program>> load_render(const wire::WorkloadSpec& spec,
                                             const InputSource& inputs, const Caps& caps);

}  // namespace assay::compute
