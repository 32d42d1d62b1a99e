//! Grouping a collection by keys, one for each of its elements.

use crate::graph::spec::{Spec, SpecBody};
use crate::graph::{Code, CodeScope, Function, Inputs, Node, NodeFunction, Results};
use crate::value::{BoxError, Collection, Dict, DictKey, Element, List, Value, ValueType, typed_key};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smallvec::smallvec;
use std::any::TypeId;
use std::collections::BTreeMap;

/// mamo's own function, whose code changes with this number alone.
static GROUP_BY: Function = Function {
    path: "group_by",
    name: "group_by",
    code: Code { scope: CodeScope::Version(1), ..Code::DEEP },
    parameters: &["list", "keys"],
    file: file!(),
    line: line!(),
    // What it gives depends on the types of its inputs: each use says it.
    ..Function::PLAIN
};

enum GroupBy {}

/// A node that groups the elements of `list` by `keys`, which go with them one by one.
pub(crate) fn group_by<C, D>(list: Node<C>, keys: Node<D>) -> Spec<Dict<D::Item, List<C::Item>>>
where
    C: Collection<Item: Serialize + DeserializeOwned>,
    D: Collection<Key = C::Key, Item: DictKey>,
{
    let function = const {
        &NodeFunction {
            function: &GROUP_BY,
            id: TypeId::of::<GroupBy>,
            results: Results::One(ValueType::serde::<Dict<D::Item, List<C::Item>>>()),
            call: |_, inputs| grouped::<C, D>(inputs),
            mapping: None,
            reducing: None,
        }
    };
    Spec::from_body(SpecBody::Function { function, present: 0b11 }, smallvec![list.raw(), keys.raw()])
}

fn grouped<C, D>(inputs: &Inputs<'_>) -> Result<Value, BoxError>
where
    C: Collection<Item: Serialize + DeserializeOwned>,
    D: Collection<Key = C::Key, Item: DictKey>,
{
    let (list, keys): (&C, &D) = (inputs.get(0), inputs.get(1));
    let (of_list, of_keys) = (list.index(), keys.index());
    if list.size() != keys.size() {
        let (n, n_keys) = (list.size(), keys.size());
        return Err(format!("`group_by` needs a key for each element: there are {n} elements and {n_keys} keys").into());
    }
    let mut groups: BTreeMap<D::Item, Vec<Element<C::Item>>> = BTreeMap::new();
    for number in 0..list.size() {
        if list.key(&of_list, number) != keys.key(&of_keys, number) {
            let (name, other) = (list.key(&of_list, number), keys.key(&of_keys, number));
            return Err(format!("`group_by` has the key of {other:?} where the element {name:?} is").into());
        }
        let key = keys.item(&of_keys, number).ok_or("the keys changed their number")?;
        let element = list.element(&of_list, number)?.ok_or("the collection changed its size")?;
        groups.entry(typed_key::<D::Item>(&key)?.clone()).or_default().push(element);
    }
    let groups: BTreeMap<D::Item, List<C::Item>> =
        groups.into_iter().map(|(key, elements)| (key, List::from_elements(elements))).collect();
    Ok(Value::new(Dict::from(groups)))
}
