// What a renter reads about a scene or a tensor that is wrong: the whole message, for files of the
// fuzzers' corpus (tests/make_fuzz_vectors.py writes them). Each says what is wrong, where (JSON
// path, line, byte, row), and what is allowed. vectors/scene and vectors/obj hold many more.
#include "api/cli/make_order.h"
#include "core/base/file.h"
#include "core/compute/files/npy.h"
#include "core/compute/files/safetensors.h"
#include "core/compute/render/scene.h"
#include "tests/catch.h"
#include "tests/fuzz/bundle.h"
#include "tests/temporary_folder.h"

using namespace assay;

namespace {

template <class T>
std::string message(const Result<T>& result) {
  return result.ok() ? "accepted" : result.error().what;
}

Result<compute::render::Mesh> no_mesh(const std::string&) {
  return fail(Code::malformed, "no meshes here");
}

// By the file's name: x.json, x.obj, x.npy, x.safetensors, or a bundle of a whole job.
std::string message_about(const std::string& group, const std::string& name) {
  const std::string path = ASSAY_SOURCE "/tests/fuzz/corpus/" + group + "/" + name;
  const Result<Bytes> read = read_file(path, std::size_t{1} << 20);
  if (!read.ok()) return read.error().what;
  const Bytes& file = read.value();
  if (name.ends_with(".npy")) return message(compute::parse_npy(file));
  if (name.ends_with(".safetensors")) return message(compute::parse_safetensors(file));
  if (name.ends_with(".obj")) return message(compute::render::parse_obj(as_text(file)));
  if (name.ends_with(".json")) return message(compute::render::parse_scene(as_text(file), no_mesh));
  std::vector<fuzz::BundledFile> files = fuzz::split_bundle(file);
  const auto job = fuzz::bundled_job(group == "scene" ? "render" : "gemm", std::move(files));
  if (!job) return "no order";
  return message(compute::load_program(job->spec, job->source()));
}

struct Case {
  const char* file;
  std::string message;
};
void check(const std::string& group, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    INFO(c.file);
    CHECK(message_about(group, c.file) == c.message);
  }
}

const std::string kForty(40, 'k');

// What `assay job submit --scene` says before it asks anybody.
std::string submitted(const test::TemporaryFolder& folder, const std::string& scene) {
  REQUIRE(write_file_durably(folder / "scene.json", as_bytes(scene)).ok());
  cli::OrderOptions options;
  options.workload = "render";
  options.scene = folder / "scene.json";
  options.width = options.height = 8;
  options.samples = 1;
  std::string said = message(cli::make_order(options, system_random()));
  const std::size_t at = said.find(folder.path());
  if (at != std::string::npos) said.replace(at, folder.path().size() + 1, "");
  return said;
}

std::string scene_of(const std::string& objects) {
  return R"({"camera":{"position":[0,0,9],"look_at":[0,0,0]},"background":{"color":[1,1,1]},)"
         R"("materials":{"m":{"type":"metal"}},"objects":[)" +
         objects + "]}";
}
std::string mesh_of(const std::string& name) {
  return scene_of(R"({"type":"mesh","obj":")" + name + R"(","material":"m"})");
}

}  // namespace

TEST_CASE("scenes: the path in the JSON, what is wrong there, what is allowed") {
  const std::string kinds = "diffuse, glossy, metal, glass, emissive";
  check("scene",
        {{"deep.json", "nesting deeper than 8 before byte 9"},
         {"long_key.json",
          kForty + ": is unknown; known here: camera, background, materials, objects"},
         {"control_key.json",
          "camera?[31m??: is unknown; known here: camera, background, materials, objects"},
         {"control_material.json", "materials.?]0;title?.type: \"wood\" is not one of " + kinds},
         {"everything.json", "objects[2].obj: no meshes here"},
         {"job_mesh_beyond",
          "input \"scene\": objects[0].obj: scaled and moved, the mesh reaches beyond -1e6..1e6"},
         {"job_mesh_broken",
          "input \"scene\": objects[0].obj: input \"mesh.obj\": line 2: vertex \"2\" does not "
          "exist: 1 are defined above this line"},
         {"job_mesh_missing",
          "input \"scene\": objects[0].obj: there is no input named \"other?.obj\" in the order"},
         {"job_mesh_unused", "inputs: the scene does not use \"mesh.obj\""},
         {"job_too_large",
          "parameters: width and height make 16384 tiles of 64x64; at most 4096 are allowed"}});
}

TEST_CASE("meshes: the line, what is wrong in it, what is allowed") {
  check("scene",
        {{"line_of_5000.obj", "line 1: has more than 4096 bytes"},
         {"polygon_of_65.obj", "line 2: a face of more than 64 corners"},
         {"not_utf8.obj", "line 2: vertex \"??\" does not exist: 1 are defined above this line"},
         {"control_characters.obj",
          "line 2: \"?[31mred?\" is not a keyword read here: v, vn and f are"}});
}

TEST_CASE(".npy: the byte of the header, what is wrong there, what is allowed") {
  check(
      "tensors",
      {{"cut_in_header.npy", ".npy: the file ends within its header"},
       {"header_of_4g.npy", ".npy: a header of 4294967295 bytes where at most 4096 are allowed"},
       {"control_key.npy", ".npy: byte 10 of the header: key \"?[31m?\" is there twice or unknown"},
       {"long_type.npy",
        ".npy: type \"" + std::string(40, '?') + "…\" is not one of |i1, <u2, <f2, <f4"},
       {"nine_dimensions.npy",
        ".npy: byte 76 of the header: shape is not a tuple of at most 8 integers, as (3, 4)"},
       {"fortran.npy", ".npy: Fortran order: save it with numpy.ascontiguousarray"},
       {"dimensions_huge.npy",
        ".npy: the header and the data disagree: 64 bytes of data where 999999999999999999 are "
        "needed"},
       {"dimensions_overflow.npy",
        ".npy: the header and the data disagree: 0 bytes of data where more than 2^64 are "
        "needed"}});
}

TEST_CASE("safetensors: the tensor or the byte, what is wrong there, what is allowed") {
  check("tensors",
        {{"length_of_64_bits.safetensors",
          "safetensors: a header of 18446744073709551615 bytes where at most 1048576 are allowed"},
         {"twice.safetensors", "safetensors: header: a second \"a\" in one object before byte 13"},
         {"long_name.safetensors", "safetensors: \"" + std::string(40, 'n') +
                                       "…\": dtype: \"I9\" is not one of I8, F16, BF16, F32"},
         {"control_name.safetensors",
          "safetensors: \"?[31m?\": its shape does not fit its data_offsets: 1 bytes needed, 2 "
          "given"},
         {"offsets_reversed.safetensors",
          "safetensors: \"a\": data_offsets: not a begin and an end, [0, 24]"},
         {"overlap.safetensors", "safetensors: two tensors overlap at byte 2 of the data"},
         {"gap.safetensors", "safetensors: there is a gap before byte 2 of the data"},
         {"beyond.safetensors",
          "safetensors: a tensor ends beyond the file: at byte 9 of 4 bytes of data"}});
}

TEST_CASE("gemm: the parameter, or the row and the column of the tensor") {
  const std::string scale =
      "row 1: its scale is outside 2^-40..2^40 (its largest magnitude / 127): scale the tensor";
  const std::string finite = "row 1: column 2 is NaN or infinite: all values must be finite";
  check("tensors",
        {{"job_cols_zero", "gemm: parameters: cols: 0 is outside 1..131072"},
         {"job_rows_beyond", "gemm: parameters: rows: 18446744073709551615 is outside 1..67108864"},
         {"job_rows_huge",
          "gemm: operations of a step: 1152921642045800448 where at most 17179869184 is allowed"},
         {"job_member_unknown",
          "gemm: parameters: \"" + kForty + "…\": is not a member of this version"},
         {"job_x_of_another_shape",
          "gemm: tensor \"x\": has shape [5, 3] where the order needs [3, 5]"},
         {"job_x_minus_128",
          "gemm: tensor \"x\": row 0: column 0 is -128: s8 values must lie in -127..127"},
         {"job_x_nan", "gemm: tensor \"x\": " + finite},
         {"job_w_infinite", "gemm: tensor \"w0\": " + finite},
         {"job_w_huge", "gemm: tensor \"w0\": " + scale},
         {"job_x_missing", "gemm: inputs: there is no tensor \"x\""}});
}

TEST_CASE("job submit: a scene's meshes are files beside it, and it may be as large as any") {
  const test::TemporaryFolder folder;
  const std::string beside =
      " must be a file beside the scene, named by 1 to 64 of A-Z a-z 0-9 . _ - and not \"scene\"";
  for (const std::string name : {"../key", "..", "scene", "a b"}) {
    CHECK(submitted(folder, mesh_of(name)) == "scene.json: the mesh \"" + name + "\"" + beside);
  }
  CHECK(submitted(folder, mesh_of("\\u001b[31m")) == "scene.json: the mesh \"?[31m\"" + beside);

  std::string meshes;
  for (int i = 0; i < 64; ++i)
    meshes += std::string(i > 0 ? "," : "") + R"({"obj":"m)" + std::to_string(i) + "\"}";
  CHECK(submitted(folder, scene_of(meshes)) ==
        "scene.json: names 64 meshes; at most 63 are allowed");

  std::string spheres;
  for (int i = 0; i < 20000; ++i) {
    spheres += std::string(i > 0 ? "," : "") + R"({"type":"sphere","center":[)" +
               std::to_string(i) + R"(,0,0],"radius":1,"material":"m"})";
  }
  CHECK(submitted(folder, scene_of(spheres)) == "accepted");
}
