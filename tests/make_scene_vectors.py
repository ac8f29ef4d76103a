#!/usr/bin/env python3
"""Writes vectors/scene/ and vectors/obj/: what a renter may write for the workload "render", and
what is refused with which words. Run it in the repository; the output never changes by itself;
--check compares."""
import copy
import json
import pathlib

from written_files import write_or_check

ROOT = pathlib.Path(__file__).resolve().parent.parent / "vectors"

BASE = {
    "camera": {"position": [0, 2, 8], "look_at": [0, 1, 0]},
    "background": {"horizon": [1, 1, 1], "zenith": [0.4, 0.6, 1]},
    "materials": {"clay": {"type": "diffuse", "color": [0.8, 0.3, 0.2]}},
    "objects": [{"type": "sphere", "center": [0, 1, 0], "radius": 1, "material": "clay"}],
}
FULL = {
    "camera": {"position": [0, 2, 8], "look_at": [0, 1, 0], "up": [0, 1, 0],
               "vertical_fov_degrees": 40, "aperture": 0.1, "focus_distance": 8.06, "exposure": 1},
    "background": {"color": [0, 0, 0]},
    "materials": {
        "floor": {"type": "diffuse", "color": [0.9, 0.9, 0.9],
                  "checker": {"color": [0.2, 0.2, 0.2], "size": 1}},
        "paint": {"type": "glossy", "color": [0.1, 0.2, 0.8], "fuzz": 0, "ior": 1.5},
        "gold": {"type": "metal", "color": [1, 0.8, 0.4], "fuzz": 0.05},
        "glass": {"type": "glass", "color": [1, 1, 1], "ior": 1.5},
        "lamp": {"type": "emissive", "color": [1, 0.9, 0.7], "strength": 10}},
    "objects": [
        {"type": "sphere", "center": [0, 1, 0], "radius": 1, "material": "glass"},
        {"type": "quad", "corner": [-9, 0, 9], "edge_u": [18, 0, 0], "edge_v": [0, 0, -18],
         "material": "floor"},
        {"type": "mesh", "obj": "triangle.obj", "material": "gold", "smooth": True, "scale": 2,
         "rotate_degrees": [0, 30, 0], "translate": [2, 0, 0]}],
}


def changed(path, value, base=BASE):
    """The base with the member at this path replaced, or taken away when the value is None."""
    scene = copy.deepcopy(base)
    at = scene
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return scene


def sphere(**members):
    return changed(["objects", 0], {**BASE["objects"][0], **members})


def quad(**members):
    base = {"type": "quad", "corner": [0, 0, 0], "edge_u": [1, 0, 0], "edge_v": [0, 1, 0],
            "material": "clay"}
    return changed(["objects", 0], {**base, **members})


def mesh(**members):
    return changed(["objects", 0],
                   {"type": "mesh", "obj": "triangle.obj", "material": "clay", **members})


def clay(**members):
    return changed(["materials", "clay"], {**BASE["materials"]["clay"], **members})


def camera(**members):
    return changed(["camera"], {**BASE["camera"], **members})


GOOD = {
    "smallest": ("only what has no default", BASE, 1, 0),
    "everything": ("every kind of object and material, every member", FULL, 1, 2),
    "radius_tiny": ("the least radius", sphere(radius=1e-6), 1, 0),
    "center_at_bound": ("coordinates may reach one million", sphere(center=[1e6, -1e6, 0]), 1, 0),
    "materials_unused": ("a material need not be used",
                         changed(["materials", "spare"], {"type": "metal"}), 1, 0),
    "integer_and_fraction": ("numbers may be written either way", sphere(radius=1.0), 1, 0),
}

KNOWN_SPHERE = "objects[0].raduis: is unknown; known here: type, material, center, radius"
BAD = {
    "root_array": ("the file is one object", [], "must be an object {…}"),
    "camera_missing": ("", changed(["camera"], None), "camera: is missing"),
    "camera_number": ("", changed(["camera"], 5), "camera: must be an object {…}"),
    "camera_unknown_member": ("a member nobody reads is a mistake of the writer's",
                              camera(fov=40),
                              "camera.fov: is unknown; known here: position, look_at, up, "
                              "vertical_fov_degrees, aperture, focus_distance, exposure"),
    "camera_position_short": ("", camera(position=[0, 1]),
                              "camera.position: must be three numbers [x, y, z]"),
    "camera_position_text": ("", camera(position=[0, "1", 0]),
                             "camera.position[1]: must be a number"),
    "camera_position_far": ("", camera(position=[0, 0, 1000001]),
                            "camera.position[2]: 1000001 is outside -1000000..1000000"),
    "camera_at_target": ("no line of sight", camera(look_at=[0, 2, 8]),
                         "camera.look_at: is where the camera is: it must differ from position"),
    "camera_up_along_sight": ("", camera(up=[0, -1, -8]),
                              "camera.up: must not be zero or along the line of sight"),
    "camera_up_zero": ("", camera(up=[0, 0, 0]),
                       "camera.up: must not be zero or along the line of sight"),
    "camera_fov_zero": ("", camera(vertical_fov_degrees=0),
                        "camera.vertical_fov_degrees: 0 is outside 0..169, the first excluded"),
    "camera_fov_wide": ("", camera(vertical_fov_degrees=170),
                        "camera.vertical_fov_degrees: 170 is outside 0..169, the first excluded"),
    "camera_aperture_negative": ("", camera(aperture=-0.5),
                                 "camera.aperture: -0.5 is outside 0..1000000"),
    "camera_focus_zero": ("", camera(focus_distance=0),
                          "camera.focus_distance: 0 is outside 0..1000000, the first excluded"),
    "camera_exposure_zero": ("", camera(exposure=0),
                             "camera.exposure: 0 is outside 0..1000, the first excluded"),
    "background_missing": ("", changed(["background"], None), "background: is missing"),
    "background_half": ("a gradient has two ends", changed(["background", "zenith"], None),
                        "background.zenith: is missing"),
    "background_both": ("one colour or a gradient",
                        changed(["background", "color"], [1, 1, 1]),
                        "background: holds either color, or horizon and zenith"),
    "background_negative": ("", changed(["background"], {"color": [0, -1, 0]}),
                            "background.color[1]: -1 is outside 0..10000"),
    "materials_missing": ("", changed(["materials"], None), "materials: is missing"),
    "materials_empty": ("", changed(["materials"], {}),
                        "materials: must be an object of 1 to 1024 named materials"),
    "materials_array": ("", changed(["materials"], []),
                        "materials: must be an object of 1 to 1024 named materials"),
    "material_type_missing": ("", changed(["materials", "clay"], {"color": [1, 1, 1]}),
                              "materials.clay.type: is missing"),
    "material_type_unknown": ("", clay(type="wood"),
                              'materials.clay.type: "wood" is not one of diffuse, glossy, metal, '
                              "glass, emissive"),
    "material_color_bright": ("no surface gives back more light than it gets",
                              clay(color=[1, 1.01, 1]),
                              "materials.clay.color[1]: 1.01 is outside 0..1"),
    "material_fuzz_on_diffuse": ("a member of another type", clay(fuzz=0.5),
                                 "materials.clay.fuzz: is unknown; known here: type, color, "
                                 "checker"),
    "material_fuzz_large": ("", clay(type="metal", fuzz=2),
                            "materials.clay.fuzz: 2 is outside 0..1"),
    "material_ior_low": ("", clay(type="glass", ior=0.5),
                         "materials.clay.ior: 0.5 is outside 1..4"),
    "material_strength_negative": ("", clay(type="emissive", strength=-1),
                                   "materials.clay.strength: -1 is outside 0..10000"),
    "checker_size_zero": ("", clay(checker={"color": [0, 0, 0], "size": 0}),
                          "materials.clay.checker.size: 0 is outside 0.001..1000000"),
    "checker_color_missing": ("", clay(checker={"size": 1}),
                              "materials.clay.checker.color: is missing"),
    "objects_missing": ("", changed(["objects"], None), "objects: is missing"),
    "objects_empty": ("", changed(["objects"], []),
                      "objects: must be an array of 1 to 65536 objects"),
    "object_number": ("", changed(["objects", 0], 3), "objects[0]: must be an object {…}"),
    "object_type_unknown": ("", sphere(type="cube"),
                            'objects[0].type: "cube" is not one of sphere, quad, mesh'),
    "object_type_control": ("what a stranger wrote is made printable", sphere(type="a\nb"),
                            'objects[0].type: "a?b" is not one of sphere, quad, mesh'),
    "object_material_missing": ("", changed(["objects", 0, "material"], None),
                                "objects[0].material: is missing"),
    "object_material_unknown": (
        "", sphere(material="mud"),
        'objects[0].material: "mud" is not one of the names in "materials"'),
    "object_second_wrong": ("the index counts from 0",
                            changed(["objects"], [BASE["objects"][0],
                                                  {**BASE["objects"][0], "radius": 0}]),
                            "objects[1].radius: 0 is outside 1e-06..1000000"),
    "sphere_radius_negative": ("", sphere(radius=-1),
                               "objects[0].radius: -1 is outside 1e-06..1000000"),
    "sphere_radius_speck": ("smaller than f32 can place", sphere(radius=1e-7),
                            "objects[0].radius: 1e-07 is outside 1e-06..1000000"),
    "sphere_radius_huge": ("", sphere(radius=1e300),
                           "objects[0].radius: 1e+300 is outside 1e-06..1000000"),
    "sphere_radius_text": ("", sphere(radius="1"), "objects[0].radius: must be a number"),
    "sphere_misspelt": ("", changed(["objects", 0],
                                    {"type": "sphere", "center": [0, 0, 0], "radius": 1,
                                     "raduis": 1, "material": "clay"}), KNOWN_SPHERE),
    "quad_parallel": ("", quad(edge_v=[2, 0, 0]), "objects[0].edge_v: spans no area with edge_u"),
    "quad_zero": ("", quad(edge_u=[0, 0, 0]), "objects[0].edge_v: spans no area with edge_u"),
    "quad_needle": ("an angle that f32 cannot work with", quad(edge_v=[1, 1e-7, 0]),
                    "objects[0].edge_v: spans no area with edge_u"),
    "mesh_unknown_file": ("", mesh(obj="cat.obj"),
                          "objects[0].obj: there is no input of that name in the order"),
    "mesh_broken_file": ("", mesh(obj="broken.obj"),
                         'objects[0].obj: line 1: vertex "1" does not exist: 0 are defined above '
                         "this line"),
    "mesh_scale_zero": ("", mesh(scale=0),
                        "objects[0].scale: 0 is outside 0..1000000, the first excluded"),
    "mesh_turned_far": ("", mesh(rotate_degrees=[0, 361, 0]),
                        "objects[0].rotate_degrees[1]: 361 is outside -360..360"),
    "mesh_beyond_bounds": ("", mesh(scale=1e6, translate=[1, 0, 0]),
                           "objects[0].obj: scaled and moved, the mesh reaches beyond -1e6..1e6"),
    "mesh_smooth_number": ("", mesh(smooth=1), "objects[0].smooth: must be true or false"),
}

# Broken before the scene begins: the JSON itself.
BROKEN = {
    "json_duplicate_key": ('{"camera": {}, "camera": {}}',
                           'a second "camera" in one object before byte 28'),
    "json_deep": ("[" * 9 + "]" * 9, "nesting deeper than 8 before byte 9"),
    "json_number_too_large": ('{"camera": 1e999}',
                              "a number that no double can hold before byte 17"),
}

TRIANGLE = ["v 0 0 0", "v 1 0 0", "v 0 1 0"]
GOOD_OBJ = {
    "triangle": ("the least mesh", TRIANGLE + ["f 1 2 3"], 1, "0 1 2"),
    "quad_fan": ("polygons are cut around their first corner",
                 TRIANGLE + ["v 1 1 0", "f 2 4 3 1"], 2, "1 3 2"),
    "negative_indices": ("counted back from the newest", TRIANGLE + ["f -3 -2 -1"], 1, "0 1 2"),
    "negative_indices_move": ("relative to what is defined so far",
                              TRIANGLE + ["v 5 5 5", "f -3 -2 -1"], 1, "1 2 3"),
    "with_texture": ("texture coordinates are passed over",
                     TRIANGLE + ["vt 0 0", "f 1/1 2/1 3/1"], 1, "0 1 2"),
    "with_normals": ("", TRIANGLE + ["vn 0 0 1", "f 1//1 2//1 3//-1"], 1, "0/0 1/0 2/0"),
    "with_both": ("", TRIANGLE + ["vn 0 0 1", "vt 0 0", "f 1/1/1 2/1/1 3/1/1"], 1, "0/0 1/0 2/0"),
    "ignored_lines": ("names, groups and materials do not matter",
                      ["# a comment", "mtllib a.mtl", "o thing", "g part", "usemtl red", "s off"] +
                      TRIANGLE + ["l 1 2", "f 1 2 3"], 1, "0 1 2"),
    "vertex_with_color": ("further numbers of a vertex are ignored",
                          ["v 0 0 0 1 0.5 0.5"] + TRIANGLE[1:] + ["f 1 2 3"], 1, "0 1 2"),
    "spaces_and_tabs": ("", ["  v\t0  0 0 "] + TRIANGLE[1:] + ["f  1\t2 3  "], 1, "0 1 2"),
    "exponents_and_signs": ("", ["v +1e-3 -2.5E2 .5"] + TRIANGLE[1:] + ["f 1 2 3"], 1, "0 1 2"),
}

NOT_THERE = 'does not exist: 3 are defined above this line'
BAD_OBJ = {
    "empty": ("", [], 'there is no face ("f") in it'),
    "no_face": ("", TRIANGLE, 'there is no face ("f") in it'),
    "index_zero": ("indices count from 1", TRIANGLE + ["f 0 1 2"],
                   f'line 4: vertex "0" {NOT_THERE}'),
    "index_beyond": ("", TRIANGLE + ["f 1 2 4"], f'line 4: vertex "4" {NOT_THERE}'),
    "index_negative_beyond": ("", TRIANGLE + ["f -1 -2 -4"], f'line 4: vertex "-4" {NOT_THERE}'),
    "index_later": ("only what is above a face can be its corner",
                    TRIANGLE[:2] + ["f 1 2 3", TRIANGLE[2]],
                    'line 3: vertex "3" does not exist: 2 are defined above this line'),
    "index_huge": ("beyond 64 bits", TRIANGLE + ["f 1 2 99999999999999999999"],
                   f'line 4: vertex "99999999999999999999" {NOT_THERE}'),
    "index_fraction": ("", TRIANGLE + ["f 1 2 2.5"], f'line 4: vertex "2.5" {NOT_THERE}'),
    "index_empty": ("", TRIANGLE + ["f 1 2 /1"], f'line 4: vertex "" {NOT_THERE}'),
    "normal_missing": ("", TRIANGLE + ["f 1//1 2//1 3//1"],
                       'line 4: normal "1" does not exist: 0 are defined above this line'),
    "face_of_two": ("", TRIANGLE + ["f 1 2"], "line 4: a face needs at least three corners"),
    "vertex_of_two": ("", ["v 1 2"], "line 1: needs three numbers"),
    "vertex_text": ("", ["v 1 2 x"], 'line 1: "x" is not a number'),
    "vertex_nan": ("", ["v 0 0 nan"], 'line 1: "nan" is outside -1e6..1e6'),
    "vertex_infinite": ("", ["v 0 0 inf"], 'line 1: "inf" is outside -1e6..1e6'),
    "vertex_beyond": ("", ["v 0 0 1000001"], 'line 1: "1000001" is outside -1e6..1e6'),
    "vertex_overflow": ("more than a double holds", ["v 0 0 1e999"],
                        'line 1: "1e999" is not a number'),
    "vertex_trailing": ("", ["v 0 0 1.5cm"], 'line 1: "1.5cm" is not a number'),
    "vertex_two_signs": ("", ["v 0 0 +-1"], 'line 1: "+-1" is not a number'),
    "keyword_unknown": ("", ["curv2 1 2"],
                        'line 1: "curv2" is not a keyword read here: v, vn and f are'),
    "not_text": ("bytes are made printable", ["\x7fELF"],
                 'line 1: "?ELF" is not a keyword read here: v, vn and f are'),
}


files = {}


def write(folder, name, expect, note, fields):
    lines = [f"# vectors/{folder}/{name}.txt", f"expect: {expect}"]
    lines += [f"note: {note}"] if note else []
    for key, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            lines.append(f"{key}: {value}" if value != "" else f"{key}:")
    files[ROOT / folder / f"{name}.txt"] = ("\n".join(lines) + "\n").encode()


def text(scene):
    return json.dumps(scene, ensure_ascii=True)


def main():
    for name, (note, scene, spheres, flats) in GOOD.items():
        write("scene", name, "ok", note,
              {"scene": text(scene), "spheres": spheres, "flats": flats})
    for name, (note, scene, error) in BAD.items():
        write("scene", name, "malformed", note, {"scene": text(scene), "error": error})
    for name, (scene, error) in BROKEN.items():
        write("scene", name, "malformed", "", {"scene": scene, "error": error})
    for name, (note, lines, triangles, first) in GOOD_OBJ.items():
        write("obj", name, "ok", note, {"line": lines, "triangles": triangles, "first": first})
    for name, (note, lines, error) in BAD_OBJ.items():
        write("obj", name, "malformed", note, {"line": lines, "error": error})
    there = {path for folder in ("scene", "obj") for path in (ROOT / folder).glob("*.txt")}
    write_or_check(files, there)


if __name__ == "__main__":
    main()
