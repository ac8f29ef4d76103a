// A kernel of one block of threads, written once for the device and for the host. It is a sequence
// of phases: in a phase every thread runs the body once, and what it wrote is there for all threads
// in the next. On the device a phase ends in a barrier; on the host a loop runs the threads, in an
// order that the test chooses, so that a body which reads what another thread writes in the same
// phase shows as other bits.
//
//   block.phase([&](unsigned thread) { … });
//   PerThread<T> mine;  mine[thread]   what a thread keeps from phase to phase: registers
//
// Between phases a kernel looks at its arguments alone, never at what a phase wrote: on the device
// some threads are already in the next phase then.
#pragma once

#ifdef __CUDACC__
#define ASSAY_BLOCK __device__ __forceinline__
#define ASSAY_UNROLL _Pragma("unroll")
#else
#define ASSAY_BLOCK inline
#define ASSAY_UNROLL
#endif

namespace assay::compute::cuda {

#ifdef __CUDACC__

template <unsigned kThreads>
struct DeviceBlock {
  template <class T>
  struct PerThread {
    T value;
    __device__ __forceinline__ T& operator[](unsigned) { return value; }
  };
  template <class Body>
  __device__ __forceinline__ void phase(Body&& body) const {
    body(threadIdx.x);
    __syncthreads();
  }
};

#else

template <unsigned kThreads>
struct HostBlock {
  unsigned stride = 1;  // odd: the i-th thread to run is i * stride mod kThreads
  template <class T>
  struct PerThread {
    T value[kThreads];
    T& operator[](unsigned thread) { return value[thread]; }
  };
  template <class Body>
  void phase(Body&& body) const {
    static_assert((kThreads & (kThreads - 1)) == 0);
    for (unsigned i = 0; i < kThreads; ++i) body(i * stride % kThreads);
  }
};

#endif

}  // namespace assay::compute::cuda
