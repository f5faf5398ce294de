/* Rounds the measures of an article and compares them with limits; `twins/measures.py` specifies
   both. */
#include "native.h"

#include <math.h>

enum { DECIMALS = 4, SCALE = 10000 };

static const double SMALL = 1e9;  /* scaled values below it are exact to a millionth */
static const double CLOSE = 0.499;

/* The value with four decimals, as Python's `round`; -1 with an exception set. */
static double
rounded(double value)
{
    const double scaled = value * SCALE, nearest = rint(scaled);
    if (value == 0) {
        return 0; /* also for minus zero */
    }
    /* The quotient of two whole numbers is the float nearest to the decimal number. */
    if (fabs(scaled) < SMALL && fabs(scaled - nearest) < CLOSE) {
        return nearest / SCALE;
    }
    if (!isfinite(value)) {
        return value;
    }
    char *decimal = PyOS_double_to_string(value, 'f', DECIMALS, 0, NULL);
    if (!decimal) {
        return -1;
    }
    const double found = PyOS_string_to_double(decimal, NULL, NULL);
    PyMem_Free(decimal);
    return found;
}

static PyObject *
round_measures(PyObject *module, PyObject *taken)
{
    (void)module;
    if (!PyDict_Check(taken)) {
        PyErr_SetString(PyExc_TypeError, "measures are a dictionary");
        return NULL;
    }
    PyObject *found = PyDict_New(), *name, *value;
    Py_ssize_t at = 0;
    while (found && PyDict_Next(taken, &at, &name, &value)) {
        if (value == Py_None) {
            continue;
        }
        double number = -1;
        if (PyFloat_Check(value)) {
            number = PyFloat_AsDouble(value);
        } else if (PyLong_Check(value)) {
            number = PyLong_AsDouble(value);
        } else {
            PyErr_SetString(PyExc_TypeError, "a measure is a number or None");
        }
        number = number == -1 && PyErr_Occurred() ? -1 : rounded(number);
        PyObject *one = number == -1 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(number);
        if (!one || PyDict_SetItem(found, name, one) < 0) {
            Py_CLEAR(found);
        }
        Py_XDECREF(one);
    }
    return found;
}

/* Whether a limit, (measure, least, most), is passed; -1 with an exception set. */
static int
is_passed(PyObject *measures, PyObject *limit)
{
    if (!PyTuple_Check(limit) || PyTuple_Size(limit) != 3) {
        PyErr_SetString(PyExc_TypeError, "a limit is (measure, least, most)");
        return -1;
    }
    PyObject *value = PyDict_GetItemWithError(measures, PyTuple_GetItem(limit, 0));
    if (!value) {
        return PyErr_Occurred() ? -1 : 0;
    }
    const double numbers[] = {
        PyFloat_AsDouble(value),
        PyFloat_AsDouble(PyTuple_GetItem(limit, 1)),
        PyFloat_AsDouble(PyTuple_GetItem(limit, 2)),
    };
    return PyErr_Occurred() ? -1 : !(numbers[1] <= numbers[0] && numbers[0] <= numbers[2]);
}

static PyObject *
passed_limits(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *measures, *limits;
    if (!PyArg_ParseTuple(arguments, "OO:passed_limits", &measures, &limits)) {
        return NULL;
    }
    if (!PyDict_Check(measures) || !PyTuple_Check(limits)) {
        PyErr_SetString(PyExc_TypeError, "measures are a dictionary, limits a tuple");
        return NULL;
    }
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found && i < PyTuple_Size(limits); i++) {
        const int passed = is_passed(measures, PyTuple_GetItem(limits, i));
        PyObject *place = passed > 0 ? PyLong_FromSsize_t(i) : NULL;
        if (passed < 0 || (passed && (!place || PyList_Append(found, place) < 0))) {
            Py_CLEAR(found);
        }
        Py_XDECREF(place);
    }
    return found;
}

PyMethodDef measures_methods[] = {
    {"round_measures", round_measures, METH_O, "Round the measures that apply."},
    {"passed_limits", passed_limits, METH_VARARGS, "The places of the limits that are passed."},
    {NULL, NULL, 0, NULL},
};
