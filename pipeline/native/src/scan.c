#include "native.h"

static PyMethodDef methods[] = {{NULL, NULL, 0, NULL}};

int
add_scan(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
