/* The native module: the functions that would be too slow in Python. Each has a plain twin in
   `pipeline/native/twins/`, which specifies it; tests compare the two. */
#include "native.h"

static int
fill(PyObject *module)
{
    int (*const parts[])(PyObject *) = {
        add_text, add_fingerprint, add_index, add_reading, add_language, add_scan, add_trees,
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i](module) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "Copydesk's native functions; pipeline/native/twins says what each does.",
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
