// ASSAY_SHARED marks a function that the definition and its CUDA twin share: compiled for the host
// by every compiler, and for the device too where nvcc reads it. Nothing else about it changes.
#pragma once

#ifdef __CUDACC__
#define ASSAY_SHARED __host__ __device__
#else
#define ASSAY_SHARED
#endif
