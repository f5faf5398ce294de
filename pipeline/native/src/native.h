/* The common header of the native module. Uses Python's limited API of 3.11, so that one build
   serves all later versions. Every entry point checks the sizes of its arguments before it reads
   them. Must be included before system headers, as Python's headers must. */
#ifndef COPYDESK_NATIVE_H
#define COPYDESK_NATIVE_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#if defined COPYDESK_STABLE_ABI || !__has_include(<Python.h>)
#include "stable_abi.h"
#else
#include <Python.h>
#endif
#include <stdint.h>
#include <string.h>

/* Tables have an entry for each code point below it: planes 0 and 1. */
enum { PLANES = 0x20000 };

/* A function for AVX2 is chosen at run time. COPYDESK_PLAIN leaves it out, for tests. */
#if defined(__x86_64__) && !defined(COPYDESK_PLAIN)
#define HAS_AVX2 __builtin_cpu_supports("avx2")
#endif

/* The functions and types of the module, one file each. */
extern PyMethodDef text_methods[], fingerprint_methods[], measures_methods[], reading_methods[],
    wording_methods[];
extern PyType_Spec index_type, language_type, lines_type, scanner_type, trees_type;

#endif
