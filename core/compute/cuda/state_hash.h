// A tensor of a state on a device as the table's hash takes it (tensor.h "State digest"). Pure; any
// thread.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "core/compute/cuda/module_abi.h"
#include "core/compute/tensor.h"

namespace assay::compute::cuda {

// Of 1 to 8 dimensions; `data` holds all of it.
inline HashTensor hash_tensor(DType dtype, std::initializer_list<std::uint64_t> dims,
                              DevicePtr data) {
  HashTensor out{};
  Bytes header{static_cast<std::uint8_t>(dtype), static_cast<std::uint8_t>(dims.size())};
  std::uint64_t elements = 1;
  for (const std::uint64_t dim : dims) {
    put_u64_le(header, dim);
    elements *= dim;
  }
  std::copy(header.begin(), header.end(), out.header);
  out.header_bytes = static_cast<std::uint32_t>(header.size());
  out.data = data;
  // Not dtype_bytes(): tests/gpu is built without the library of tensors.
  const std::uint64_t bytes = dtype == DType::s8 || dtype == DType::u8 ? 1
                              : dtype == DType::s16                    ? 2
                              : dtype == DType::s64                    ? 8
                                                                       : 4;
  out.bytes = elements * bytes;
  return out;
}

}  // namespace assay::compute::cuda
