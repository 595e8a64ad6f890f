//! extern C functions of aclnn/*.h and aclnnop/*.h
