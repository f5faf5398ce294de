"""What holds for all tests: no property is timed, kernels may be compiled in the middle of one."""

from hypothesis import settings

settings.register_profile("copydesk", deadline=None)
settings.load_profile("copydesk")
