//! The names under which programs look for the library.

/// Names that are links to `libascendcl.so`.
pub const ALIASES: &[&str] = &[
    "libacl_cblas.so",
    "libacl_dvpp.so",
    "libacl_dvpp_mpi.so",
    "libacl_op_compiler.so",
    "libacl_retr.so",
    "libacl_rt.so",
    "libacl_rt_impl.so",
    "libacl_tdt_channel.so",
    "libacl_tdt_queue.so",
    "libaclnn_math.so",
    "libaclnn_ops_infer.so",
    "libaclnn_ops_train.so",
    "libaclnn_rand.so",
    "libaclnn_sparse.so",
    "libaclnn_fft.so",
    "libascend_dump.so",
    "libascend_hal.so",
    "libascend_ml.so",
    "libascendalog.so",
    "libc_sec.so",
    "libdcmi.so",
    "libdrvdsmi_host.so",
    "liberror_manager.so",
    "libexe_graph.so",
    "libfmk_onnx_parser.so",
    "libfmk_parser.so",
    "libge_common.so",
    "libge_compiler.so",
    "libge_runner.so",
    "libgert.so",
    "libgraph.so",
    "libgraph_base.so",
    "libhccl.so",
    "libhccl_alg.so",
    "libhccl_plf.so",
    "libhcomm.so",
    "liblowering.so",
    "libmmpa.so",
    "libms_tools_ext.so",
    "libmsprofiler.so",
    "libmspti.so",
    "libnnopbase.so",
    "libopapi.so",
    "libplatform.so",
    "libprofapi.so",
    "libprofimpl.so",
    "libregister.so",
    "libruntime.so",
    "libruntime_common.so",
    "libruntime_v100.so",
    "libtsdclient.so",
];

/// Names that must be regular files: op-plugin walks `lib64/libopapi_*.so` and skips links.
pub const REGULAR_FILES: &[&str] =
    &["libopapi_math.so", "libopapi_nn.so", "libopapi_cv.so", "libopapi_transformer.so"];

/// Static archives that builds name on their link lines.
pub const STATIC_ALIASES: &[&str] = &["librt2_registry.a", "libtiling_api.a"];

/// Libraries that come with the driver.
pub const DRIVER: &[&str] = &["libascend_hal.so", "libdcmi.so", "libdrvdsmi_host.so"];

/// Directories that look like packages of their own.
pub const PACKAGES: &[&str] =
    &["runtime", "compiler", "hccl", "toolkit", "fwkacllib", "atc", "tools", "opp_kernel"];
