# poss_folder(NAME [OBJECT] [USES folder…] [LIBS target…] [TEST_LIBS target…]) makes the target
# poss_NAME of a folder of src from all its .cpp files; files ending in _test.cpp become the test
# program NAME_test, which alone links TEST_LIBS.

set(POSS_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wno-missing-field-initializers -Werror)  # designated initialisers leave out what is default
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  list(APPEND POSS_WARNINGS -Wthread-safety)
endif()

add_library(poss_options INTERFACE)
target_compile_options(poss_options INTERFACE ${POSS_WARNINGS})
target_include_directories(poss_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(poss_options INTERFACE POSS_VERSION="${PROJECT_VERSION}"
                           BOOST_ALLOW_DEPRECATED_HEADERS)
if(POSS_SANITIZE)
  target_compile_options(poss_options INTERFACE -fsanitize=${POSS_SANITIZE}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(poss_options INTERFACE -fsanitize=${POSS_SANITIZE})
endif()

function(poss_folder name)
  cmake_parse_arguments(ARG "OBJECT" "" "USES;LIBS;TEST_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(ARG_OBJECT)
    add_library(poss_${name} OBJECT ${sources})
  else()
    add_library(poss_${name} STATIC ${sources})
  endif()
  list(TRANSFORM ARG_USES PREPEND poss_)
  target_link_libraries(poss_${name} PUBLIC poss_options ${ARG_USES} ${ARG_LIBS})
  if(tests)
    set_property(GLOBAL APPEND PROPERTY POSS_TEST_FOLDERS ${name})
    set_property(GLOBAL PROPERTY POSS_TESTS_${name} "${tests}")
    set_property(GLOBAL PROPERTY POSS_TEST_LIBS_${name} "${ARG_TEST_LIBS}")
  endif()
endfunction()

# All test programs with the label "unit".
add_custom_target(unit_tests)

# One test program a folder. Tests find their data from the source root, their working folder.
function(poss_add_folder_tests)
  get_property(folders GLOBAL PROPERTY POSS_TEST_FOLDERS)
  foreach(folder IN LISTS folders)
    get_property(tests GLOBAL PROPERTY POSS_TESTS_${folder})
    get_property(libs GLOBAL PROPERTY POSS_TEST_LIBS_${folder})
    poss_test(${folder}_test SOURCES ${tests} USES ${folder} LIBS ${libs})
  endforeach()
endfunction()

# poss_test(NAME SOURCES file… [USES folder…] [LIBS target…] [LABEL label]): a GoogleTest program,
# every case a ctest of its own. The label is "unit", which also runs under the sanitizers, unless
# given: "binary" for tests of the built program.
function(poss_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;USES;LIBS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  list(TRANSFORM ARG_USES PREPEND poss_)
  target_link_libraries(${name} PRIVATE poss_options ${ARG_USES} ${ARG_LIBS} GTest::gmock
                        GTest::gtest_main)
  # What is tested is optimised, the tests need not be: that halves the time they take to compile.
  target_compile_options(${name} PRIVATE -O0)
  gtest_discover_tests(
    ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 120 LABELS ${ARG_LABEL}
               ENVIRONMENT TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp)
  if(ARG_LABEL STREQUAL unit)
    add_dependencies(unit_tests ${name})
  endif()
endfunction()
