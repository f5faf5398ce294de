/* The native module: the functions that would be too slow in Python. Each has a plain twin in
   `pipeline/native/twins/`, which specifies it; tests compare the two. */
#include "native.h"

static int
fill(PyObject *module)
{
    PyMethodDef *const functions[] = {
        text_methods, fingerprint_methods, measures_methods, reading_methods, wording_methods,
    };
    const struct {
        const char *name;
        PyType_Spec *type;
    } types[] = {
        {"Index", &index_type},
        {"LanguageModel", &language_type},
        {"LineModel", &lines_type},
        {"Scanner", &scanner_type},
        {"Trees", &trees_type},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (PyModule_AddFunctions(module, functions[i]) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        PyObject *type = PyType_FromSpec(types[i].type);
        const int added = type ? PyModule_AddObjectRef(module, types[i].name, type) : -1;
        Py_XDECREF(type);
        if (added < 0) {
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
