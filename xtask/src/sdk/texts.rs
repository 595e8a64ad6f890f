//! Text files of the SDK.

use super::arch;

/// The toolkit generation whose layout this is.
pub const VERSION_DIR: &str = "8.1.RC1";
/// Its inner version.
pub const VERSION: &str = "7.7.0.1.238";

pub const NO_PYACL: &str = "Python modules of the toolkit go here.\n";

/// Location-independent, for bash, zsh and any shell that sets ASCEND_HOME_PATH beforehand.
pub const SET_ENV: &str = r#"# Usage: source set_env.sh
# Works wherever the directory is moved to: paths follow from where this file lies.

_aclsim_home=""
if [ -n "${BASH_SOURCE:-}" ]; then
    _aclsim_home="$(cd "$(dirname "${BASH_SOURCE}")" && pwd -P)"
elif [ -n "${ZSH_VERSION:-}" ]; then
    # Other shells could not even parse zsh's way to say this.
    eval '_aclsim_home="$(cd "$(dirname "${(%):-%x}")" && pwd -P)"'
elif [ -f ./set_env.sh ] && [ -f ./version.cfg ]; then
    _aclsim_home="$(pwd -P)"
elif [ -f "${ASCEND_HOME_PATH:-}/set_env.sh" ]; then
    _aclsim_home="${ASCEND_HOME_PATH}"
fi
# latest/set_env.sh is this file, too.
if [ ! -d "${_aclsim_home}/lib64" ]; then
    echo "set_env.sh: this shell does not say where the file lies: cd to its directory first" >&2
    return 1 2>/dev/null || exit 1
fi

_aclsim_prepend() {
    eval "_aclsim_old=\"\${$1:-}\""
    case ":${_aclsim_old}:" in
    *":$2:"*) ;;
    *) eval "export $1=\"$2\${_aclsim_old:+:\${_aclsim_old}}\"" ;;
    esac
}

export ASCEND_TOOLKIT_HOME="${_aclsim_home}"
export ASCEND_HOME_PATH="${_aclsim_home}"
export ASCEND_OPP_PATH="${_aclsim_home}/opp"
export ASCEND_AICPU_PATH="${_aclsim_home}"
export TOOLCHAIN_HOME="${_aclsim_home}/toolkit"
_aclsim_prepend PATH "${_aclsim_home}/bin"
_aclsim_prepend PYTHONPATH "${_aclsim_home}/pyACL/python/site-packages/acl"
_aclsim_prepend PYTHONPATH "${_aclsim_home}/python/site-packages"
_aclsim_prepend PKG_CONFIG_PATH "${_aclsim_home}/lib64/pkgconfig"
_aclsim_prepend CMAKE_PREFIX_PATH "${_aclsim_home}/lib64/cmake"
_aclsim_prepend LD_LIBRARY_PATH "${_aclsim_home}/lib64/plugin/nnengine"
_aclsim_prepend LD_LIBRARY_PATH "${_aclsim_home}/lib64/plugin/opskernel"
_aclsim_prepend LD_LIBRARY_PATH "${_aclsim_home}/lib64"

unset -f _aclsim_prepend
unset _aclsim_home _aclsim_old
"#;

pub fn version_info() -> String {
    format!("Version={VERSION}\nversion_dir={VERSION_DIR}\n")
}

pub fn version_cfg() -> String {
    let mut text = String::from("# version: 1.0\n");
    for state in ["running", "upgrade", "installed"] {
        for package in ["runtime", "compiler", "opp", "toolkit", "hccl"] {
            text += &format!("{package}_{state}_version=[{VERSION}:{VERSION_DIR}]\n");
        }
    }
    text
}

pub fn scene_info() -> String {
    format!("os=linux\nos_version=any\narch={}\n", arch())
}

pub fn install_info(package: &str) -> String {
    format!("{package}_Install_Type=full\n{package}_Feature_Type=all\n{package}_Version={VERSION}\n")
}

pub fn toolkit_install_info() -> String {
    format!(
        "package_name=Ascend-cann-toolkit\nversion={VERSION_DIR}\ninnerversion={VERSION}\narch={}\nos=linux\n\
         path=..\n",
        arch()
    )
}

/// `include/version/*_version.h`.
pub fn version_headers() -> Vec<(String, String)> {
    ["runtime", "compiler", "hccl", "opp", "toolkit", "cann"]
        .into_iter()
        .map(|package| {
            let upper = package.to_uppercase();
            let text = format!(
                "#ifndef {upper}_VERSION_H\n#define {upper}_VERSION_H\n\n#define {upper}_VERSION_STR \"{VERSION}\"\n\n\
                 #endif\n"
            );
            (format!("{package}_version.h"), text)
        })
        .collect()
}

/// Core counts and memory of the chips that can be simulated.
pub fn platform_configs() -> Vec<(String, String)> {
    npu_device::config::SOCS
        .iter()
        .map(|soc| {
            let text = format!(
                "[version]\nSoC_version={0}\nShort_SoC_version={0}\n\n[SoCInfo]\nai_core_cnt={1}\ncube_core_cnt={1}\n\
                 vector_core_cnt={2}\nmemory_size={3}\n",
                soc.name, soc.cube_cores, soc.vector_cores, soc.memory
            );
            (soc.name.to_owned(), text)
        })
        .collect()
}

/// pkg-config and CMake, relative to `lib64/`.
pub fn build_system_files() -> Vec<(&'static str, String)> {
    let version = env!("CARGO_PKG_VERSION");
    let pc = |name: &str| {
        format!(
            "prefix=${{pcfiledir}}/../..\nincludedir=${{prefix}}/include\nlibdir=${{prefix}}/lib64\n\n\
             Name: {name}\nDescription: CANN's C interface on a simulated NPU\nVersion: {version}\n\
             Cflags: -I${{includedir}} -I${{includedir}}/aclnn\n\
             Libs: -L${{libdir}} -lascendcl -lnnopbase -lopapi\nLibs.private: -lpthread -ldl -lm\n"
        )
    };
    let mut files = vec![("pkgconfig/aclsim.pc", pc("aclsim")), ("pkgconfig/ascendcl.pc", pc("ascendcl"))];
    files.push(("cmake/CANN/CANNConfig.cmake", CMAKE.to_owned()));
    files.push(("cmake/aclsim/aclsimConfig.cmake", CMAKE.to_owned()));
    let check = CMAKE_VERSION.replace("@VERSION@", version);
    files.push(("cmake/aclsim/aclsimConfigVersion.cmake", check));
    // Projects ask for the toolkit's version, not for ours.
    files.push(("cmake/CANN/CANNConfigVersion.cmake", CMAKE_VERSION.replace("@VERSION@", "8.1")));
    files
}

const CMAKE: &str = r#"# Targets: CANN::ascendcl (also CANN::nnopbase, CANN::opapi, CANN::acl_op_compiler).
get_filename_component(CANN_HOME "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(CANN_INCLUDE_DIRS "${CANN_HOME}/include" "${CANN_HOME}/include/aclnn")
set(CANN_LIBRARY_DIRS "${CANN_HOME}/lib64")
set(CANN_LIBRARIES CANN::ascendcl CANN::nnopbase CANN::opapi)

foreach(_cann_name ascendcl nnopbase opapi acl_op_compiler)
    if(NOT TARGET CANN::${_cann_name})
        add_library(CANN::${_cann_name} SHARED IMPORTED)
        set_target_properties(CANN::${_cann_name} PROPERTIES
            IMPORTED_LOCATION "${CANN_HOME}/lib64/lib${_cann_name}.so"
            IMPORTED_SONAME "libascendcl.so"
            INTERFACE_INCLUDE_DIRECTORIES "${CANN_INCLUDE_DIRS}")
    endif()
endforeach()
unset(_cann_name)
set(CANN_FOUND TRUE)
set(aclsim_FOUND TRUE)
"#;

const CMAKE_VERSION: &str = r#"set(PACKAGE_VERSION "@VERSION@")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
    set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
    if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
        set(PACKAGE_VERSION_EXACT TRUE)
    endif()
endif()
"#;
