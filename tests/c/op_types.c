// What each operator type computes, against arithmetic in double precision.
#include "op_call.h"

#include <math.h>

enum { ROWS = 3, COLUMNS = 4, COUNT = ROWS * COLUMNS, MOST = 4096 };

static const int64_t shape[2] = {ROWS, COLUMNS};
static float grid[COUNT], other[COUNT];

// A tensor of floats, and one of integers that the host knows.
static struct operand floats(int rank, const int64_t *dims, const float *content)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        count *= (size_t)dims[i];
    }
    return operand(ACL_FLOAT, rank, dims, count * sizeof(float), content);
}

static struct operand known(int64_t count, const int64_t *values)
{
    struct operand made = operand(ACL_INT64, 1, &count, (size_t)count * sizeof(int64_t), values);
    CHECK_OK(aclSetTensorConst(made.desc, (void *)(uintptr_t)values, (size_t)count * sizeof(int64_t)));
    return made;
}

static struct operand known_scalar(int64_t value)
{
    struct operand made = operand(ACL_INT64, 0, NULL, sizeof(value), &value);
    CHECK_OK(aclSetTensorConst(made.desc, &value, sizeof(value)));
    return made;
}

// Runs an operator with a result of floats and compares it with `want`; says which operator was wrong.
static void expect(const char *type, int inputs, struct operand *const *in, const aclopAttr *attr, int rank,
                   const int64_t *dims, const double *want)
{
    static float got[MOST];
    struct operand out = floats(rank, dims, NULL);
    const size_t count = out.bytes / sizeof(float);
    CHECK_OK(call(type, inputs, in, &out, attr));
    fetch(&out, got);
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        wrong += !(fabs((double)got[i] - want[i]) <= 1e-5 * (1.0 + fabs(want[i])));
    }
    if (wrong != 0) {
        fprintf(stderr, "%s: %zu of %zu wrong, first %g for %g\n", type, wrong, count, (double)got[0], want[0]);
    }
    CHECK(wrong == 0);
    drop(&out);
}

static double negated(double x) { return -x; }
static double reciprocal(double x) { return 1.0 / x; }
static double square(double x) { return x * x; }
static double rsqrt_of(double x) { return 1.0 / sqrt(x); }
static double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }
static double relu(double x) { return x > 0 ? x : 0; }
static double relu6(double x) { return x < 0 ? 0 : x > 6 ? 6 : x; }
static double swish(double x) { return x * sigmoid(x); }
static double gelu(double x) { return 0.5 * x * (1.0 + erf(x * 0.70710678118654752)); }
static double sign(double x) { return (x > 0) - (x < 0); }

static void unary(void)
{
    static const struct {
        const char *type;
        double (*function)(double);
        int positive;
    } types[] = {
        {"Abs", fabs, 0},     {"Asinh", asinh, 0},   {"Atan", atan, 0},     {"Ceil", ceil, 0},
        {"Cos", cos, 0},      {"Cosh", cosh, 0},     {"Erf", erf, 0},       {"Erfc", erfc, 0},
        {"Exp", exp, 0},      {"Expm1", expm1, 0},   {"Floor", floor, 0},   {"Gelu", gelu, 0},
        {"Log", log, 1},      {"Log1p", log1p, 1},   {"Neg", negated, 0},   {"Reciprocal", reciprocal, 1},
        {"Relu", relu, 0},    {"Relu6", relu6, 0},   {"Rint", rint, 0},     {"Round", rint, 0},
        {"Rsqrt", rsqrt_of, 1}, {"Sigmoid", sigmoid, 0}, {"Sign", sign, 0}, {"Sin", sin, 0},
        {"Sinh", sinh, 0},    {"Sqrt", sqrt, 1},     {"Square", square, 0}, {"Swish", swish, 0},
        {"Tanh", tanh, 0},    {"Trunc", trunc, 0},
    };
    float positive[COUNT];
    double want[COUNT];
    for (int i = 0; i < COUNT; i++) {
        positive[i] = fabsf(grid[i]) + 0.25f;
    }
    struct operand x = floats(2, shape, grid), p = floats(2, shape, positive);
    struct operand *any[1] = {&x}, *above[1] = {&p};
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        for (int i = 0; i < COUNT; i++) {
            want[i] = types[t].function(types[t].positive ? (double)positive[i] : (double)grid[i]);
        }
        expect(types[t].type, 1, types[t].positive ? above : any, NULL, 2, shape, want);
    }
    aclopAttr *attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrFloat(attr, "negative_slope", 0.25f));
    for (int i = 0; i < COUNT; i++) {
        want[i] = grid[i] > 0 ? (double)grid[i] : 0.25 * (double)grid[i];
    }
    expect("LeakyRelu", 1, any, attr, 2, shape, want);
    aclopDestroyAttr(attr);
    // Exponentials of another base are not computed as if they were not.
    struct operand out = floats(2, shape, NULL);
    attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrFloat(attr, "base", 2.0f));
    CHECK_REFUSED(call("Exp", 1, any, &out, attr), ACL_ERROR_INVALID_PARAM, "base", "2.0");
    CHECK_OK(aclopSetAttrFloat(attr, "base", -1.0f));
    CHECK_OK(call("Exp", 1, any, &out, attr));
    aclopDestroyAttr(attr);
    drop(&x);
    drop(&p);
    drop(&out);
}

static double add(double a, double b) { return a + b; }
static double subtract(double a, double b) { return a - b; }
static double multiply(double a, double b) { return a * b; }
static double divide(double a, double b) { return a / b; }
static double floored(double a, double b) { return floor(a / b); }
static double modulo(double a, double b) { return a - b * floor(a / b); }

static void binary(void)
{
    static const struct {
        const char *type;
        double (*function)(double, double);
    } types[] = {
        {"Add", add},         {"AddV2", add},     {"Sub", subtract},     {"Mul", multiply}, {"RealDiv", divide},
        {"Div", divide},      {"Atan2", atan2},   {"Maximum", fmax},     {"Minimum", fmin}, {"FloorDiv", floored},
        {"FloorMod", modulo}, {"Mod", fmod},
    };
    double want[COUNT];
    struct operand x = floats(2, shape, grid), y = floats(1, shape + 1, other);
    struct operand *both[2] = {&x, &y};
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        for (int i = 0; i < COUNT; i++) {
            want[i] = types[t].function((double)grid[i], (double)other[i % COLUMNS]);
        }
        expect(types[t].type, 2, both, NULL, 2, shape, want);
    }
    float base[COUNT];
    for (int i = 0; i < COUNT; i++) {
        base[i] = fabsf(grid[i]) + 0.5f;
        want[i] = pow((double)base[i], (double)other[i % COLUMNS]);
    }
    struct operand b = floats(2, shape, base);
    struct operand *power[2] = {&b, &y};
    expect("Pow", 2, power, NULL, 2, shape, want);
    // Integers are divided without a fraction.
    const int32_t left[4] = {7, -7, 9, 1}, right[4] = {2, 2, -4, 3};
    int32_t quotient[4];
    struct operand i = operand(ACL_INT32, 1, shape + 1, sizeof(left), left);
    struct operand j = operand(ACL_INT32, 1, shape + 1, sizeof(right), right);
    struct operand q = operand(ACL_INT32, 1, shape + 1, sizeof(quotient), NULL);
    struct operand *integers[2] = {&i, &j};
    CHECK_OK(call("Div", 2, integers, &q, NULL));
    fetch(&q, quotient);
    CHECK(quotient[0] == 3 && quotient[1] == -3 && quotient[2] == -2 && quotient[3] == 0);
    // Comparisons.
    uint8_t truth[COUNT];
    struct operand flags = operand(ACL_BOOL, 2, shape, sizeof(truth), NULL);
    static const char *const compare[] = {"Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual"};
    for (int t = 0; t < 6; t++) {
        int wrong = 0;
        CHECK_OK(call(compare[t], 2, both, &flags, NULL));
        fetch(&flags, truth);
        for (int n = 0; n < COUNT; n++) {
            const float p = grid[n], r = other[n % COLUMNS];
            const int results[] = {p < r, p <= r, p > r, p >= r, p == r, p != r};
            wrong += truth[n] != results[t];
        }
        CHECK(wrong == 0);
    }
    // One of two, by a condition; bounds that are tensors; a sum of many; a bias for each channel.
    struct operand *choose[3] = {&flags, &x, &y}, *sum[3] = {&x, &x, &x};
    for (int n = 0; n < COUNT; n++) {
        want[n] = truth[n] ? (double)grid[n] : (double)other[n % COLUMNS];
    }
    expect("SelectV2", 3, choose, NULL, 2, shape, want);
    expect("Select", 3, choose, NULL, 2, shape, want);
    for (int n = 0; n < COUNT; n++) {
        want[n] = 3.0 * (double)grid[n];
    }
    expect("AddN", 3, sum, NULL, 2, shape, want);
    const float low = -1, high = 1;
    struct operand lower = floats(0, NULL, &low), upper = floats(0, NULL, &high);
    struct operand *clip[3] = {&x, &lower, &upper};
    for (int n = 0; n < COUNT; n++) {
        want[n] = fmin(fmax((double)grid[n], -1.0), 1.0);
    }
    expect("ClipByValue", 3, clip, NULL, 2, shape, want);
    for (int n = 0; n < COUNT; n++) {
        want[n] = (double)grid[n] + (double)other[n % COLUMNS];
    }
    expect("BiasAdd", 2, both, NULL, 2, shape, want);
    const int64_t image[3] = {2, 2, 3}, channels[1] = {2};
    struct operand chw = floats(3, image, grid), bias = floats(1, channels, other), *biased[2] = {&chw, &bias};
    aclopAttr *attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrString(attr, "data_format", "NCHW"));
    for (int n = 0; n < COUNT; n++) {
        want[n] = (double)grid[n] + (double)other[n / 3 % 2];
    }
    expect("BiasAdd", 2, biased, attr, 3, image, want);
    aclopDestroyAttr(attr);
    struct operand *all[] = {&x, &y, &b, &i, &j, &q, &flags, &lower, &upper, &chw, &bias};
    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
        drop(all[n]);
    }
}

static void reductions(void)
{
    double sum[ROWS] = {0}, mean[ROWS], most[ROWS], least[ROWS], softmax[COUNT], logs[COUNT], running[COUNT];
    int32_t where[ROWS], found[ROWS];
    for (int r = 0; r < ROWS; r++) {
        double total = 0;
        most[r] = -INFINITY;
        least[r] = INFINITY;
        where[r] = 0;
        for (int c = 0; c < COLUMNS; c++) {
            const double v = (double)grid[r * COLUMNS + c];
            sum[r] += v;
            running[r * COLUMNS + c] = sum[r];
            where[r] = v > most[r] ? c : where[r];
            most[r] = fmax(most[r], v);
            least[r] = fmin(least[r], v);
        }
        for (int c = 0; c < COLUMNS; c++) {
            total += exp((double)grid[r * COLUMNS + c] - most[r]);
        }
        for (int c = 0; c < COLUMNS; c++) {
            softmax[r * COLUMNS + c] = exp((double)grid[r * COLUMNS + c] - most[r]) / total;
            logs[r * COLUMNS + c] = log(softmax[r * COLUMNS + c]);
        }
        mean[r] = sum[r] / COLUMNS;
    }
    const int64_t last[1] = {1}, kept[2] = {ROWS, 1};
    struct operand x = floats(2, shape, grid), axes = known(1, last), axis = known_scalar(1);
    struct operand *alone[1] = {&x}, *with[2] = {&x, &axes}, *with_axis[2] = {&x, &axis};
    const struct {
        const char *type, *attributed;
        const double *want;
    } types[] = {
        {"ReduceSum", "ReduceSumD", sum},
        {"ReduceMean", "ReduceMeanD", mean},
        {"ReduceMax", "ReduceMaxD", most},
        {"ReduceMin", "ReduceMinD", least},
    };
    aclopAttr *attr = aclopCreateAttr(), *keep = aclopCreateAttr();
    CHECK_OK(aclopSetAttrListInt(attr, "axes", 1, last));
    CHECK_OK(aclopSetAttrBool(keep, "keep_dims", 1));
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        expect(types[t].type, 2, with, NULL, 1, shape, types[t].want);
        expect(types[t].type, 2, with, keep, 2, kept, types[t].want);
        expect(types[t].attributed, 1, alone, attr, 1, shape, types[t].want);
    }
    expect("SoftmaxV2", 1, alone, attr, 2, shape, softmax);
    expect("LogSoftmaxV2", 1, alone, attr, 2, shape, logs);
    expect("Softmax", 1, alone, NULL, 2, shape, softmax);
    expect("Cumsum", 2, with_axis, NULL, 2, shape, running);
    struct operand index = operand(ACL_INT32, 1, shape, sizeof(found), NULL);
    aclopAttr *dimension = aclopCreateAttr();
    CHECK_OK(aclopSetAttrInt(dimension, "dimension", 1));
    CHECK_OK(call("ArgMaxD", 1, alone, &index, dimension));
    fetch(&index, found);
    CHECK(memcmp(found, where, sizeof(found)) == 0);
    CHECK_OK(call("ArgMaxV2", 2, with_axis, &index, NULL));
    fetch(&index, found);
    CHECK(memcmp(found, where, sizeof(found)) == 0);
    aclopDestroyAttr(attr);
    aclopDestroyAttr(keep);
    aclopDestroyAttr(dimension);
    drop(&x);
    drop(&axes);
    drop(&axis);
    drop(&index);
}

static void movements(void)
{
    double want[MOST];
    struct operand x = floats(2, shape, grid), *alone[1] = {&x}, *twice[2] = {&x, &x};
    aclopAttr *attr = aclopCreateAttr();
    const int64_t turned[2] = {COLUMNS, ROWS}, order[2] = {1, 0};
    CHECK_OK(aclopSetAttrListInt(attr, "perm", 2, order));
    for (int i = 0; i < COUNT; i++) {
        want[i] = (double)grid[i % ROWS * COLUMNS + i / ROWS];
    }
    expect("TransposeD", 1, alone, attr, 2, turned, want);
    aclopDestroyAttr(attr);
    // Side by side, and repeated.
    attr = aclopCreateAttr();
    const int64_t wide[2] = {ROWS, 2 * COLUMNS}, times[2] = {1, 2}, stacked[3] = {ROWS, 2, COLUMNS};
    CHECK_OK(aclopSetAttrInt(attr, "concat_dim", 1));
    CHECK_OK(aclopSetAttrInt(attr, "N", 2));
    for (int i = 0; i < 2 * COUNT; i++) {
        want[i] = (double)grid[i / (2 * COLUMNS) * COLUMNS + i % COLUMNS];
    }
    expect("ConcatD", 2, twice, attr, 2, wide, want);
    struct operand multiples = known(2, times), *tiled[2] = {&x, &multiples};
    expect("Tile", 2, tiled, NULL, 2, wide, want);
    aclopDestroyAttr(attr);
    attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrInt(attr, "axis", 1));
    expect("Pack", 2, twice, attr, 3, stacked, want);
    aclopDestroyAttr(attr);
    // Padded with zeros.
    const int64_t pads[4] = {1, 0, 2, 1}, padded[2] = {ROWS + 1, COLUMNS + 3};
    struct operand paddings = known(4, pads), *pad[2] = {&x, &paddings};
    for (int i = 0; i < (ROWS + 1) * (COLUMNS + 3); i++) {
        const int r = i / (COLUMNS + 3) - 1, c = i % (COLUMNS + 3) - 2;
        want[i] = r >= 0 && c >= 0 && c < COLUMNS ? (double)grid[r * COLUMNS + c] : 0.0;
    }
    expect("Pad", 2, pad, NULL, 2, padded, want);
    // Slices by index, along the second axis and along the first with indices of two dimensions.
    const int32_t indices[4] = {3, 0, 2, 2};
    const int64_t four[1] = {4}, two_by_two[2] = {2, 2}, picked[2] = {ROWS, 4}, rows[3] = {2, 2, COLUMNS};
    struct operand index = operand(ACL_INT32, 1, four, sizeof(indices), indices);
    struct operand axis = known_scalar(1), *gather[3] = {&x, &index, &axis};
    for (int i = 0; i < ROWS * 4; i++) {
        want[i] = (double)grid[i / 4 * COLUMNS + indices[i % 4]];
    }
    expect("GatherV2", 3, gather, NULL, 2, picked, want);
    const int32_t some[4] = {2, 0, 1, 1};
    struct operand square_index = operand(ACL_INT32, 2, two_by_two, sizeof(some), some), *by_row[2] = {&x, &square_index};
    for (int i = 0; i < 4 * COLUMNS; i++) {
        want[i] = (double)grid[some[i / COLUMNS] * COLUMNS + i % COLUMNS];
    }
    expect("Gather", 2, by_row, NULL, 3, rows, want);
    // Other dimensions for the same elements.
    for (int i = 0; i < COUNT; i++) {
        want[i] = (double)grid[i];
    }
    const int64_t half[2] = {6, -1}, six[2] = {6, 2}, flat[2] = {ROWS, COLUMNS}, unit[3] = {ROWS, 1, COLUMNS};
    struct operand to = known(2, half), *reshape[2] = {&x, &to}, *expand[2] = {&x, &axis};
    expect("Reshape", 2, reshape, NULL, 2, six, want);
    expect("Reshape", 1, alone, NULL, 2, six, want);
    expect("Flatten", 1, alone, NULL, 2, flat, want);
    expect("ExpandDims", 2, expand, NULL, 3, unit, want);
    expect("Identity", 1, alone, NULL, 2, shape, want);
    struct operand thin = floats(3, unit, grid), *narrow[1] = {&thin};
    expect("Squeeze", 1, narrow, NULL, 2, shape, want);
    attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrListInt(attr, "axes", 1, &order[0]));
    expect("Unsqueeze", 1, alone, attr, 3, unit, want);
    aclopDestroyAttr(attr);
    struct operand *wrong[1] = {&x};
    struct operand few = floats(1, four, NULL);
    CHECK_REFUSED(call("Reshape", 1, wrong, &few, NULL), ACL_ERROR_INVALID_PARAM, "12 elements");
    // Two results.
    struct operand left = floats(2, six, NULL), right = floats(2, six, NULL);
    const int64_t part[2] = {ROWS, 2};
    left.desc = (aclDestroyTensorDesc(left.desc), aclCreateTensorDesc(ACL_FLOAT, 2, part, ACL_FORMAT_ND));
    right.desc = (aclDestroyTensorDesc(right.desc), aclCreateTensorDesc(ACL_FLOAT, 2, part, ACL_FORMAT_ND));
    attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrInt(attr, "split_dim", 1));
    CHECK_OK(aclopSetAttrInt(attr, "num_split", 2));
    const aclTensorDesc *descs[1] = {x.desc}, *outs[2] = {left.desc, right.desc};
    const aclDataBuffer *buffers[1] = {x.buffer};
    aclDataBuffer *out_buffers[2] = {left.buffer, right.buffer};
    float halves[2][ROWS * 2];
    CHECK_OK(aclopExecute("SplitD", 1, descs, buffers, 2, outs, out_buffers, attr, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(halves[0], sizeof(halves[0]), left.memory, sizeof(halves[0]), ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK_OK(aclrtMemcpy(halves[1], sizeof(halves[1]), right.memory, sizeof(halves[1]), ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(halves[0][2] == grid[4] && halves[1][0] == grid[2] && halves[1][5] == grid[11]);
    aclopDestroyAttr(attr);
    // Conversion: toward zero.
    int32_t whole[COUNT];
    struct operand integers = operand(ACL_INT32, 2, shape, sizeof(whole), NULL);
    CHECK_OK(call("Cast", 1, alone, &integers, NULL));
    fetch(&integers, whole);
    int off = 0;
    for (int i = 0; i < COUNT; i++) {
        off += whole[i] != (int32_t)grid[i];
    }
    CHECK(off == 0);
    CHECK_OK(aclopCast(x.desc, x.buffer, integers.desc, integers.buffer, 0, stream));
    CHECK_REFUSED(aclopCast(x.desc, x.buffer, few.desc, few.buffer, 0, stream), ACL_ERROR_INVALID_PARAM, "[3, 4]");
    struct operand *all[] = {&x,    &multiples, &paddings, &index, &axis,  &square_index,
                             &to,   &thin,      &few,      &left,  &right, &integers};
    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
        drop(all[n]);
    }
}

static void products(void)
{
    enum { M = 5, K = 7, N = 6, BATCH = 2 };
    float a[BATCH * M * K], b[BATCH * K * N], bias[N];
    double want[BATCH * M * N];
    for (int i = 0; i < BATCH * M * K; i++) {
        a[i] = (float)(i % 11) * 0.5f - 2;
    }
    for (int i = 0; i < BATCH * K * N; i++) {
        b[i] = (float)(i % 7) * 0.25f - 1;
    }
    for (int i = 0; i < N; i++) {
        bias[i] = (float)i - 2;
    }
    for (int i = 0; i < BATCH * M * N; i++) {
        const int batch = i / (M * N), r = i / N % M, c = i % N;
        want[i] = 0;
        for (int k = 0; k < K; k++) {
            want[i] += (double)a[(batch * M + r) * K + k] * (double)b[(batch * K + k) * N + c];
        }
    }
    const int64_t ka[3] = {BATCH, M, K}, kb[3] = {BATCH, K, N}, out[3] = {BATCH, M, N}, columns[1] = {N};
    struct operand x = floats(2, ka + 1, a), y = floats(2, kb + 1, b), z = floats(1, columns, bias);
    struct operand xs = floats(3, ka, a), ys = floats(3, kb, b);
    struct operand *two[2] = {&x, &y}, *three[3] = {&x, &y, &z}, *batches[2] = {&xs, &ys};
    expect("MatMul", 2, two, NULL, 2, out + 1, want);
    expect("MatMulV2", 2, two, NULL, 2, out + 1, want);
    expect("BatchMatMul", 2, batches, NULL, 3, out, want);
    expect("BatchMatMulV2", 2, batches, NULL, 3, out, want);
    double biased[M * N], scaled[M * N];
    for (int i = 0; i < M * N; i++) {
        biased[i] = want[i] + (double)bias[i % N];
        scaled[i] = 2.0 * want[i] - 0.5 * (double)b[i];
    }
    expect("MatMulV2", 3, three, NULL, 2, out + 1, biased);
    // An optional input that is left out has a description without a type.
    struct operand none = {aclCreateTensorDesc(ACL_DT_UNDEFINED, 0, NULL, ACL_FORMAT_UNDEFINED),
                           aclCreateDataBuffer(NULL, 0), NULL, 0};
    struct operand *without[3] = {&x, &y, &none};
    expect("MatMulV2", 3, without, NULL, 2, out + 1, want);
    aclDestroyTensorDesc(none.desc);
    CHECK_OK(aclDestroyDataBuffer(none.buffer));
    // alpha * a @ b + beta * c, the factors in device memory.
    const float alpha = 2, beta = -0.5f;
    struct operand c = floats(2, out + 1, b), f = floats(0, NULL, &alpha), g = floats(0, NULL, &beta);
    struct operand *five[5] = {&x, &y, &c, &f, &g};
    expect("GEMM", 5, five, NULL, 2, out + 1, scaled);
    struct operand *all[] = {&x, &y, &z, &xs, &ys, &c, &f, &g};
    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
        drop(all[n]);
    }
}

// The sum over channels and kernel elements, channels last or first.
static void convolution(void)
{
    enum { IMAGES = 2, IN = 4, OUT = 6, H = 7, W = 6, KH = 3, KW = 2, GROUPS = 2 };
    static float x[IMAGES * IN * H * W], w[OUT * IN / GROUPS * KH * KW], turned[IMAGES * IN * H * W];
    static double want[IMAGES * OUT * 16 * 16], last[IMAGES * OUT * 16 * 16];
    float bias[OUT];
    for (int i = 0; i < IMAGES * IN * H * W; i++) {
        x[i] = (float)(i % 13) * 0.25f - 1.5f;
        const int n = i / (IN * H * W), c = i / (H * W) % IN, h = i / W % H, k = i % W;
        turned[((n * H + h) * W + k) * IN + c] = x[i];
    }
    for (int i = 0; i < OUT * IN / GROUPS * KH * KW; i++) {
        w[i] = (float)(i % 9) * 0.125f - 0.5f;
    }
    for (int i = 0; i < OUT; i++) {
        bias[i] = (float)i * 0.5f;
    }
    // Strides 2 and 1, dilations 1 and 2, pads 1, 0 and 1, 2.
    const int oh = (H + 1 - KH) / 2 + 1, ow = W + 1 + 2 - 2 * (KW - 1) - 1 + 1;
    for (int i = 0; i < IMAGES * OUT * oh * ow; i++) {
        const int n = i / (OUT * oh * ow), m = i / (oh * ow) % OUT, p = i / ow % oh, q = i % ow;
        double sum = (double)bias[m];
        for (int t = 0; t < IN / GROUPS * KH * KW; t++) {
            const int c = t / (KH * KW), kh = t / KW % KH, kw = t % KW;
            const int h = p * 2 - 1 + kh, k = q - 1 + kw * 2;
            const int channel = m / (OUT / GROUPS) * (IN / GROUPS) + c;
            if (h >= 0 && h < H && k >= 0 && k < W) {
                sum += (double)x[((n * IN + channel) * H + h) * W + k] * (double)w[m * (IN / GROUPS) * KH * KW + t];
            }
        }
        want[i] = sum;
        last[((n * oh + p) * ow + q) * OUT + m] = sum;
    }
    const int64_t in[4] = {IMAGES, IN, H, W}, in_last[4] = {IMAGES, H, W, IN}, kernel[4] = {OUT, IN / GROUPS, KH, KW};
    const int64_t result[4] = {IMAGES, OUT, oh, ow}, result_last[4] = {IMAGES, oh, ow, OUT}, many[1] = {OUT};
    const int64_t strides[4] = {1, 1, 2, 1}, dilations[4] = {1, 1, 1, 2}, pads[4] = {1, 0, 1, 2};
    const int64_t strides_last[4] = {1, 2, 1, 1}, dilations_last[4] = {1, 1, 2, 1};
    struct operand first = floats(4, in, x), weights = floats(4, kernel, w), b = floats(1, many, bias);
    aclDestroyTensorDesc(weights.desc);
    weights.desc = aclCreateTensorDesc(ACL_FLOAT, 4, kernel, ACL_FORMAT_NCHW);
    struct operand *operands[3] = {&first, &weights, &b};
    aclopAttr *attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrListInt(attr, "strides", 4, strides));
    CHECK_OK(aclopSetAttrListInt(attr, "dilations", 4, dilations));
    CHECK_OK(aclopSetAttrListInt(attr, "pads", 4, pads));
    CHECK_OK(aclopSetAttrInt(attr, "groups", GROUPS));
    CHECK_OK(aclopSetAttrString(attr, "data_format", "NCHW"));
    expect("Conv2D", 3, operands, attr, 4, result, want);
    // The formats of input and output say where the channels are.
    struct operand other_way = floats(4, in_last, turned), out = floats(4, result_last, NULL);
    aclDestroyTensorDesc(other_way.desc);
    aclDestroyTensorDesc(out.desc);
    other_way.desc = aclCreateTensorDesc(ACL_FLOAT, 4, in_last, ACL_FORMAT_NHWC);
    const int64_t unknown[1] = {-2};
    out.desc = aclCreateTensorDesc(ACL_FLOAT, 1, unknown, ACL_FORMAT_NHWC);
    aclTensorDesc *descs[3] = {other_way.desc, weights.desc, b.desc}, *out_desc[1] = {out.desc};
    aclDataBuffer *buffers[3] = {other_way.buffer, weights.buffer, b.buffer}, *out_buffer[1] = {out.buffer};
    CHECK_OK(aclopSetAttrListInt(attr, "strides", 4, strides_last));
    CHECK_OK(aclopSetAttrListInt(attr, "dilations", 4, dilations_last));
    CHECK_OK(aclopExecuteV2("Conv2D", 3, descs, buffers, 1, out_desc, out_buffer, attr, stream));
    CHECK(aclGetTensorDescNumDims(out.desc) == 4 && aclGetTensorDescDim(out.desc, 1) == oh);
    CHECK(aclGetTensorDescDim(out.desc, 2) == ow && aclGetTensorDescDim(out.desc, 3) == OUT);
    static float got[IMAGES * OUT * 16 * 16];
    fetch(&out, got);
    int wrong = 0;
    for (int i = 0; i < IMAGES * OUT * oh * ow; i++) {
        wrong += !(fabs((double)got[i] - last[i]) <= 1e-5 * (1 + fabs(last[i])));
    }
    CHECK(wrong == 0);
    const int64_t three[3] = {1, 1, 1};
    CHECK_OK(aclopSetAttrListInt(attr, "strides", 3, three));
    CHECK_REFUSED(aclopExecuteV2("Conv2D", 3, descs, buffers, 1, out_desc, out_buffer, attr, stream),
                  ACL_ERROR_INVALID_PARAM, "strides");
    CHECK_OK(aclopSetAttrListInt(attr, "strides", 4, strides_last));
    CHECK_OK(aclopSetAttrInt(attr, "groups", 3));
    CHECK_REFUSED(aclopExecuteV2("Conv2D", 3, descs, buffers, 1, out_desc, out_buffer, attr, stream),
                  ACL_ERROR_INVALID_PARAM, "groups");
    aclopDestroyAttr(attr);
    drop(&first);
    drop(&weights);
    drop(&b);
    drop(&other_way);
    drop(&out);
}

static void refusals(void)
{
    struct operand x = floats(2, shape, grid), out = floats(2, shape, NULL);
    struct operand *one[1] = {&x}, *three[3] = {&x, &x, &x};
    enum { GE_FAILURE = 500002 };
    CHECK_REFUSED(call("Matmul", 1, one, &out, NULL), GE_FAILURE, "Matmul", "MatMul");
    CHECK_REFUSED(call("Add", 3, three, &out, NULL), ACL_ERROR_INVALID_PARAM, "numInputs", "at most 2");
    aclopAttr *attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrInt(attr, "axs", 1));
    CHECK_REFUSED(call("SoftmaxV2", 1, one, &out, attr), ACL_ERROR_INVALID_PARAM, "axs", "axes");
    aclopDestroyAttr(attr);
    // Notes of frameworks are passed over.
    attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrInt(attr, "_performance_prior", 1));
    CHECK_OK(call("SoftmaxV2", 1, one, &out, attr));
    aclopDestroyAttr(attr);
    drop(&x);
    drop(&out);
}

int main(void)
{
    for (int i = 0; i < COUNT; i++) {
        grid[i] = (float)(i * 5 % 13) * 0.5f - 2.75f;
        other[i] = i % 2 ? 1.5f : -2.0f;
    }
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    unary();
    binary();
    reductions();
    movements();
    products();
    convolution();
    refusals();
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
