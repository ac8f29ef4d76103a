#include "core/compute/cuda/text_session.h"

#include <algorithm>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/rope.h"

namespace assay::compute::cuda {

using generate::KeyValues;
using generate::Run;

namespace {

// The first of several that fails.
template <class... Work>
Status in_turn(Work&&... work) {
  Status status;
  ((status.ok() ? void(status = work()) : void()), ...);
  return status;
}

}  // namespace

Result<std::size_t> TextSession::mirror_of(const Run& run) {
  const auto known = std::ranges::find(mirrors_, run.cache, &Mirror::cache);
  const auto number = static_cast<std::size_t>(known - mirrors_.begin());
  if (known == mirrors_.end()) {
    if (d_.caches_.size() == number) d_.caches_.emplace_back();
    TextDecoder::Cache& to = d_.caches_[number];
    const generate::ModelConfig& c = d_.config_;
    const std::uint64_t heads = std::uint64_t{c.layers} * run.cache->capacity() * c.kv_heads;
    const Status room = in_turn([&] { return device_.grow(to.k, heads * c.head_size * 2); },
                                [&] { return device_.grow(to.k_scale, heads * 4); },
                                [&] { return device_.grow(to.v, heads * c.head_size); },
                                [&] { return device_.grow(to.v_scale, heads * 4); });
    if (!room.ok()) return room.error();
    mirrors_.push_back({run.cache});
  }
  Mirror& mirror = mirrors_[number];
  if (mirror.end < run.first) {
    const Status copied = copy(number, mirror.end, run.first, Direction::to_device);
    if (!copied.ok()) return copied.error();
    if (mirror.end == 0) mirror.added = run.first;
  }
  mirror.end = run.first + run.tokens.size();
  mirror.added = std::min(mirror.added, run.first);
  return number;
}

// Positions [first, end) of all layers.
Status TextSession::copy(std::size_t number, std::uint64_t first, std::uint64_t end,
                         Direction direction) {
  const TextDecoder::Cache& on_device = d_.caches_[number];
  KeyValues& cache = *mirrors_[number].cache;
  const KeyValues::Part host = cache.from(first);
  const std::uint64_t heads = d_.config_.kv_heads, width = heads * d_.config_.head_size;
  const auto rows = [&](const Buffer& buffer, void* at, std::uint64_t bytes) {
    const std::uint64_t pitch = cache.capacity() * bytes;
    const CopyRowsArgs args{buffer.at() + first * bytes, pitch, pitch, (end - first) * bytes,
                            d_.config_.layers};
    return direction == Direction::to_device
               ? device_.call(&ModuleTable::upload_rows, &args, static_cast<const void*>(at))
               : device_.call(&ModuleTable::download_rows, &args, at);
  };
  return in_turn([&] { return rows(on_device.k, host.k.data(), width * 2); },
                 [&] { return rows(on_device.k_scale, host.k_scale.data(), heads * 4); },
                 [&] { return rows(on_device.v, host.v.data(), width); },
                 [&] { return rows(on_device.v_scale, host.v_scale.data(), heads * 4); });
}

Status TextSession::finish() {
  for (std::size_t i = 0; i < mirrors_.size(); ++i) {
    Mirror& mirror = mirrors_[i];
    if (mirror.added == mirror.end) continue;
    const Status copied = copy(i, mirror.added, mirror.end, Direction::to_host);
    if (!copied.ok()) return copied.error().in("generate: keys and values");
    mirror.added = mirror.end;
  }
  return {};
}

// Tokens and angles to the device; x becomes their embeddings.
Status TextSession::begin(const Engine& engine, std::span<const Run> runs) {
  parts_.clear();
  rows_ = 0;
  std::vector<std::uint32_t> tokens;
  std::vector<float> cosine, sine;
  const std::size_t angles = d_.rope_frequency_.size();
  for (const Run& run : runs) {
    ASSAY_CHECK(run.cache != nullptr && run.first + run.tokens.size() <= run.cache->capacity(),
                "forward: a run beyond its cache");
    const Result<std::size_t> mirror = mirror_of(run);
    if (!mirror.ok()) return mirror.error();
    parts_.push_back({mirror.value(), run.first, run.tokens.size(), rows_});
    rows_ += run.tokens.size();
    const std::size_t at = cosine.size();
    cosine.resize(rows_ * angles);
    sine.resize(rows_ * angles);
    rx1::rope_table(engine, d_.rope_frequency_, run.first, std::span(cosine).subspan(at),
                    std::span(sine).subspan(at));
    tokens.insert(tokens.end(), run.tokens.begin(), run.tokens.end());
  }
  const auto upload = [&](const Buffer& to, const auto& from) {
    return device_.call(&ModuleTable::upload, to.at(), static_cast<const void*>(from.data()),
                        std::uint64_t{from.size() * sizeof from[0]});
  };
  const generate::ModelConfig& c = d_.config_;
  return in_turn(
      [&] { return d_.make_room(rows_); }, [&] { return upload(d_.tokens_, tokens); },
      [&] { return upload(d_.cosine_, cosine); }, [&] { return upload(d_.sine_, sine); },
      [&] {
        const EmbedArgs args{d_.embedding_.at(),
                             d_.embedding_scale_.at(),
                             d_.tokens_.at(),
                             d_.x_.at(),
                             c.vocabulary,
                             rows_,
                             c.hidden};
        return device_.call(&ModuleTable::embed, &args);
      },
      [&] { return device_.call(&ModuleTable::synchronize); });  // what was uploaded may go
}

Result<std::vector<bool>> TextSession::forward(const Engine& engine, std::span<const Run> runs,
                                               generate::CacheUse use) {
  ASSAY_CHECK(use == generate::CacheUse::fill, "forward: a device fills caches");
  used_ = true;
  Status status = begin(engine, runs);
  for (std::size_t i = 0; status.ok() && i < d_.layers_.size(); ++i) {
    status = layer(i);
    if (!status.ok()) status = status.error().in("layer " + std::to_string(i));
  }
  if (!status.ok()) return status.error().in("generate");
  return std::vector<bool>();
}

Status TextSession::layer(std::size_t number) {
  const TextDecoder::Layer& l = d_.layers_[number];
  const generate::ModelConfig& c = d_.config_;
  const std::uint64_t queries = rows_ * c.heads;
  const DevicePtr x = d_.x_.at(), wide = d_.wide_.at(), added = d_.added_.at();
  const std::uint64_t all = rows_ * c.hidden;
  Status status = in_turn(
      [&] { return normalize(x, l.attention_norm.at(), wide, rows_); },
      [&] { return act(wide, rows_, c.hidden); }, [&] { return linear(l.q, d_.q_.at()); },
      [&] { return linear(l.k, d_.k_.at()); }, [&] { return linear(l.v, d_.v_.at()); },
      [&] { return rotate(d_.q_.at(), c.heads); }, [&] { return rotate(d_.k_.at(), c.kv_heads); },
      [&] {
        return quantize(d_.q_.at(), d_.queries_.at(), d_.queries_scale_.at(), queries, c.head_size,
                        2);
      });
  for (const Part& part : parts_) {
    if (status.ok()) status = attend(number, part);
  }
  if (!status.ok()) return status;
  return in_turn(
      [&] { return act(d_.q_.at(), rows_, std::uint64_t{c.heads} * c.head_size); },
      [&] { return linear(l.o, added); }, [&] { return elementwise(kAdd, added, x, x, all); },
      [&] { return normalize(x, l.mlp_norm.at(), wide, rows_); },
      [&] { return act(wide, rows_, c.hidden); }, [&] { return linear(l.gate, wide); },
      [&] { return linear(l.up, d_.up_.at()); },
      [&] { return elementwise(kSwiglu, wide, d_.up_.at(), wide, rows_ * c.intermediate); },
      [&] { return act(wide, rows_, c.intermediate); }, [&] { return linear(l.down, added); },
      [&] { return elementwise(kAdd, added, x, x, all); });
}

// Keys and values of a part's rows into its cache, then its queries; the result in their place.
Status TextSession::attend(std::size_t number, const Part& part) {
  const generate::ModelConfig& c = d_.config_;
  const TextDecoder::Cache& cache = d_.caches_[part.mirror];
  const std::uint64_t heads = c.kv_heads, width = heads * c.head_size;
  const std::uint64_t layer = number * mirrors_[part.mirror].cache->capacity();
  const std::uint64_t at = layer + part.first, queries = part.row * c.heads;
  return in_turn(
      [&] {
        return quantize(d_.k_.at() + part.row * width * 4, cache.k.at() + at * width * 2,
                        cache.k_scale.at() + at * heads * 4, part.count * heads, c.head_size, 2);
      },
      [&] {
        return quantize(d_.v_.at() + part.row * width * 4, cache.v.at() + at * width,
                        cache.v_scale.at() + at * heads * 4, part.count * heads, c.head_size, 1);
      },
      [&] {
        const AttentionArgs args{
            d_.queries_.at() + queries * c.head_size * 2,
            d_.queries_scale_.at() + queries * 4,
            cache.k.at() + layer * width * 2,
            cache.k_scale.at() + layer * heads * 4,
            cache.v.at() + layer * width,
            cache.v_scale.at() + layer * heads * 4,
            d_.q_.at() + queries * c.head_size * 4,
            part.count,
            part.first,
            c.heads,
            c.kv_heads,
            c.head_size,
            rx1::div(1.0F, rx1::sqrt(rx1::from_s32(static_cast<std::int32_t>(c.head_size))))};
        return device_.call(&ModuleTable::attention, &args);
      });
}

Result<std::vector<float>> TextSession::logits(const Engine&, std::span<const std::size_t> rows) {
  const generate::ModelConfig& c = d_.config_;
  std::vector<float> out(rows.size() * c.vocabulary);
  if (rows.empty()) return out;
  Status status = device_.grow(d_.logits_, out.size() * 4);
  // Rows that follow each other are normalised together.
  for (std::size_t i = 0; status.ok() && i < rows.size();) {
    std::size_t count = 1;
    while (i + count < rows.size() && rows[i + count] == rows[i] + count) ++count;
    ASSAY_CHECK(rows[i] + count <= rows_, "logits: no such row");
    const std::uint64_t row_bytes = std::uint64_t{c.hidden} * 4;
    status = normalize(d_.x_.at() + rows[i] * row_bytes, d_.final_norm_.at(),
                       d_.wide_.at() + i * row_bytes, count);
    i += count;
  }
  if (status.ok()) {
    status = in_turn([&] { return act(d_.wide_.at(), rows.size(), c.hidden); },
                     [&] { return linear(d_.head_, d_.logits_.at()); },
                     [&] {
                       return device_.call(&ModuleTable::download, static_cast<void*>(out.data()),
                                           d_.logits_.at(), std::uint64_t{out.size() * 4});
                     });
  }
  if (!status.ok()) return status.error().in("generate: logits");
  return out;
}

Status TextSession::normalize(DevicePtr x, DevicePtr gain, DevicePtr y, std::uint64_t rows) {
  const RmsNormArgs args{x, gain, y, d_.config_.norm_epsilon, rows, d_.config_.hidden};
  return device_.call(&ModuleTable::rms_norm, &args);
}

// The rows that linear() multiplies next.
Status TextSession::act(DevicePtr x, std::uint64_t rows, std::uint64_t width) {
  const Status status = quantize(x, d_.act_.at(), d_.act_scale_.at(), rows, width, d_.limbs_);
  if (!status.ok()) return status;
  return d_.act_limbs_.take(device_, {d_.act_.at(), d_.act_scale_.at(), rows, width, d_.limbs_});
}

Status TextSession::linear(const Linear& layer, DevicePtr y) {
  return d_.gemm_.multiply(d_.act_limbs_, layer.weight, layer.has_bias ? layer.bias.at() : 0, y);
}

Status TextSession::quantize(DevicePtr x, DevicePtr q, DevicePtr scale, std::uint64_t rows,
                             std::uint64_t width, std::uint32_t limbs) {
  const QuantizeArgs args{x, q, scale, rows, width, limbs};
  return device_.call(&ModuleTable::quantize, &args);
}

Status TextSession::rotate(DevicePtr x, std::uint64_t heads) {
  const RotateArgs args{x,
                        d_.cosine_.at(),
                        d_.sine_.at(),
                        rows_,
                        heads,
                        d_.config_.head_size,
                        d_.rope_frequency_.size()};
  return device_.call(&ModuleTable::rotate, &args);
}

Status TextSession::elementwise(ElementwiseOp op, DevicePtr x, DevicePtr y, DevicePtr out,
                                std::uint64_t count) {
  const ElementwiseArgs args{op, x, y, 0, out, count};
  return device_.call(&ModuleTable::elementwise, &args);
}

}  // namespace assay::compute::cuda
