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

/* Each file adds its functions or types to the module; 0, or -1 with an exception set. */
int add_text(PyObject *module);
int add_fingerprint(PyObject *module);
int add_index(PyObject *module);
int add_reading(PyObject *module);
int add_language(PyObject *module);
int add_scan(PyObject *module);
int add_trees(PyObject *module);

#endif
